"""Goal files: what is read, and what is said of a mistake."""

from pathlib import Path

import pytest

from molvae.errors import InputError, MissingFileError, SettingsError
from molvae.optimization.goal import Goal, read_goal

QED = '[[property]]\nname = "qed"\nmaximize = true\n'
LOGP = '[[property]]\nname = "logP"\nrange = [1, 3]\n'


def goal_of(folder: Path, text: str, name: str = "goal.toml") -> Goal:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_goal(path)


def test_a_file_becomes_properties_constraints_and_an_oracle(tmp_path: Path) -> None:
    goal = goal_of(
        tmp_path,
        QED
        + LOGP
        + '[[property]]\nname = "energy"\nsource = "oracle"\nminimize = true\n'
        + "low = -9\nhigh = -5\nweight = 2\n"
        + '[constraints]\nmust_have = ["[OX2H]"]\nmax_heavy_atoms = 40\npains = false\n'
        + '[oracle]\ncommand = "dock --fast"\ntimeout = 5\n',
    )
    assert [wanted.column for wanted in goal.properties] == ["QED", "logP", "oracle_energy"]
    assert [wanted.weight for wanted in goal.properties] == [1.0, 1.0, 2.0]
    assert goal.constraints.must_have == ("[OX2H]",)
    assert (goal.constraints.pains, goal.constraints.reactive) == (False, True)
    assert goal.oracle is not None
    assert (goal.oracle.command, goal.oracle.timeout, goal.oracle.batch) == ("dock --fast", 5.0, 32)
    assert goal.folder == tmp_path.resolve()
    assert goal.plain is None


def test_alerts_are_looked_for_without_being_asked_for(tmp_path: Path) -> None:
    constraints = goal_of(tmp_path, QED).constraints
    assert constraints.pains
    assert constraints.reactive


def test_the_name_tells_apart_what_is_computed_differently_and_nothing_else(tmp_path: Path) -> None:
    oracle = '[[property]]\nname = "a"\nsource = "oracle"\nmaximize = true\n[oracle]\npython = "x:y"\n'
    texts = [
        QED,
        QED + "low = 0.2\n",
        QED + LOGP,
        QED + LOGP + "weight = 2\n",
        QED + "[constraints]\npains = false\n",
        oracle,
        oracle.replace("x:y", "x:z"),
    ]
    names = [goal_of(tmp_path, text).name for text in texts]
    assert len(set(names)) == len(texts)
    assert names[2].startswith("goal QED, logP (")
    (tmp_path / "elsewhere").mkdir()
    same = goal_of(tmp_path / "elsewhere", oracle + "timeout = 5\nbatch = 1\nworkers = 2\n", "other.toml")
    assert same.name == names[5]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", '"goal.toml": there is no property to seek; give a [[property]]'),
        (
            QED + "[constraint]\n",
            '"goal.toml", line 4, unknown table "constraint"; did you mean',
        ),
        ('[property]\nname = "QED"', '"property" must be a list of tables; write [[property]] above each'),
        ("\npareto = 1\n" + QED + LOGP, 'line 2, pareto is "1"; write true or false'),
        ("\npareto = true\n" + QED, 'line 2, pareto seeks a front of "1" properties; give 2 to 4'),
        (
            "pareto = true\n" + QED + "weight = 2\n" + LOGP,
            'line 5, the weight of QED is "2", and a Pareto front',
        ),
        (
            "pareto = true\n" + QED + "weight = 2\n" + QED.replace("qed", "QED") + 'source = "predicted"',
            'line 5, the weight of QED is "2", and a Pareto front',
        ),
        ("pareto = true\n" + QED + '[[property]]\nname = "MW"\nminimize = true', 'MW needs "low" and "high"'),
        (
            "pareto = false\n\nparetto = true\n" + QED,
            'line 3, unknown table "paretto"; did you mean "pareto"?',
        ),
        ("property = [1]", '"property" must be a list of tables'),
        (QED + "[[constraints]]\n", '"constraints" must be one table; write [constraints] above it'),
        (QED + "wieght = 2", '[[property]] 1: unknown key "wieght"; did you mean "weight"?'),
        (QED + 'weight = "much"', '[[property]] 1: "weight" is "much"; it must be a number'),
        (QED + LOGP + "minimize = true", '[[property]] 2: logP has "2" aims (minimize, range)'),
        (
            QED.replace("qed", "qad"),
            '[[property]] 1: unknown property "qad": did you mean "QED"?; for another',
        ),
        (QED + 'source = "model"', '"source" is "model"; it must be one of "rdkit", "predicted", "oracle"'),
        (QED + QED.replace("qed", "QED"), 'line 5, "QED" is sought 2 times; give it one [[property]]'),
        (QED + '[[property]]\nname = "MW"\nminimize = true', '[[property]] 2: MW needs "low" and "high"'),
        (
            LOGP.replace("range = [1, 3]", "maximize = true\nshape = 2"),
            "unless it stands alone and has no curve",
        ),
        (QED + "[constraints]\nmax_sa = 20", 'table [constraints]: max_sa is "20"; the SA score is from 1'),
        (QED + '[constraints]\nmust_have = "c"', '"must_have" is "c"; it must be a list, each item text'),
        (QED + "[constraints]\nmax_heavy = 20", 'unknown key "max_heavy"; did you mean "max_heavy_atoms"?'),
        (QED + "[oracle]\ntimeout = 5", "table [oracle]: an oracle has python"),
        (
            QED + '[oracle]\ncommand = "dock"',
            "line 4, there is an oracle, and no property comes from it; give one source",
        ),
        (
            '[[property]]\nname = "QED"\nsource = "leads"\nmaximize = true',
            '[[property]] 1: "QED" has source = "leads", which gives only the property "similarity"',
        ),
        (
            QED + '[[property]]\nname = "similarity"\nsource = "leads"\nmaximize = true',
            'line 4, "lead_similarity" is sought, and there are no leads; give leads = ["SMILES"] in',
        ),
        (
            QED.replace("qed", "a") + 'source = "oracle"',
            '"a" comes from an oracle, and there is none; give an',
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_would_be_accepted(
    text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("goal.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        read_goal(Path("goal.toml"))
    assert str(caught.value).startswith('"goal.toml"')
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (QED + "\n# how much\nwieght = 2", "line 6, [[property]] 1"),
        (QED.replace("qed", "qad"), "line 2, [[property]] 1"),
        (QED + LOGP + "minimize = true", "line 6, [[property]] 2"),
        (QED + QED.replace("name", "# none"), "line 4, [[property]] 2"),
        (QED + "[constraints]\npains = false\nmax_sa = 20", "line 6, table [constraints]"),
        (QED + '[[property]]\nname = "MW"\nminimize = true', "line 4, [[property]] 2"),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, place: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        goal_of(tmp_path, text)
    assert f'goal.toml", {place}: ' in str(caught.value)


def test_a_file_that_is_not_there_or_no_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="is not there; give the path of a TOML file"):
        read_goal(tmp_path / "goal.toml")
    with pytest.raises(InputError, match=r"is not TOML.*line 1"):
        goal_of(tmp_path, "name = QED")
