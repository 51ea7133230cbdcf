"""molvae learn and molvae suggest: the loop with the laboratory."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rdkit import Chem
from rdkit.Chem import Crippen

from molvae.chem.alerts import pains_of, reactive_groups_of
from molvae.errors import InputError
from molvae.generation.model_folder import load_model
from molvae.studies.lab import records, suggesting, tuning
from molvae.studies.lab.history import history_of
from molvae.studies.lab.project import open_lab
from molvae.training import gaussian_teacher
from tests.command_line import RunMolvae

#: What keeps a batch short here.
FEW = ["-n", 4, "--candidates", 12]


def measure(smiles: str) -> float:
    """What this laboratory measures."""
    return float(Crippen.MolLogP(Chem.MolFromSmiles(smiles)))


@pytest.fixture
def first_csv(tiny_csv: Path, tmp_path: Path) -> Path:
    """Twelve molecules with what was measured of them."""
    table = pd.read_csv(tiny_csv)[["smiles"]].head(12)
    path = tmp_path / "first.csv"
    table.assign(lipo=table["smiles"].map(measure)).to_csv(path, index=False)
    return path


@pytest.fixture
def lab(first_csv: Path, tiny_model_dir: Path, tmp_path: Path, molvae_command: RunMolvae) -> Path:
    """A project with one round."""
    folder = tmp_path / "lab"
    outcome = molvae_command("learn", folder, first_csv, "--model", tiny_model_dir, "--property", "lipo")
    assert outcome.code == 0, outcome.err
    return folder


def filled_in(path: Path) -> pd.DataFrame:
    """A batch that the laboratory measured, written back to its file."""
    table = pd.read_csv(path)
    table["lipo"] = table["smiles"].map(measure)
    table.to_csv(path, index=False)
    return table


def filled_in_file(path: Path) -> Path:
    """The file of such a batch."""
    filled_in(path)
    return path


def test_three_rounds_go_from_batch_to_batch_and_nothing_is_suggested_twice(
    lab: Path, molvae_command: RunMolvae, tmp_path: Path
) -> None:
    seen = set(pd.read_csv(lab / "measured.csv")["smiles"])
    for number in (1, 2, 3):
        batch = tmp_path / f"batch{number}.csv"
        aim = ["--maximize", "lipo"] if number == 1 else []
        outcome = molvae_command("suggest", lab, *FEW, *aim, "--out", batch)
        assert outcome.code == 0, outcome.err
        assert outcome.out.startswith(f"batch {number}: 4 of ")
        table = pd.read_csv(batch)
        assert table["lipo"].isna().all()
        assert not set(table["smiles"]) & seen
        seen |= set(table["smiles"])
        for text in table["smiles"]:
            mol = Chem.MolFromSmiles(text)
            assert not pains_of(mol)
            assert not reactive_groups_of(mol)
        measured = set(pd.read_csv(lab / "measured.csv")["smiles"])
        assert set(table["nearest_measured"]) <= measured
        assert set(table["parent"].dropna()) <= measured
        assert (table["predicted_lipo_spread"] > 0).all()
        filled_in(batch)
        outcome = molvae_command("learn", lab, batch)
        assert outcome.out.startswith(f"round {number + 1}: 4 rows of {batch}, 4 measured\n")
    shown = molvae_command("learn", lab)
    assert "it knows no more than the mean yet" not in shown.out
    lines = [line.split() for line in shown.out.splitlines()]
    assert lines[0] == ["round", "file", "measured", "new", "molecules", "best", "lipo"]
    best = [float(line[-1]) for line in lines[1:5]]
    assert best == sorted(best)
    assert "what was predicted when they were suggested" in shown.out
    history = pd.read_csv(lab / "measured.csv")
    assert history["round"].tolist() == [1] * 12 + [2] * 4 + [3] * 4 + [4] * 4
    top = history["lipo"].argmax()
    assert f"best so far: {history['smiles'][top]}" in shown.out
    assert float(lines[4][-1]) == pytest.approx(history["lipo"][top])


def test_a_batch_that_stays_small_says_what_helps_and_nothing_that_does_not(
    lab: Path, molvae_command: RunMolvae, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suggesting, "MAX_CANDIDATES", 24)
    asked = ["suggest", lab, "-n", 4, "--maximize", "lipo", "--max-similarity", "0.01"]
    few = molvae_command(*asked, "--candidates", 3, "--out", tmp_path / "few.csv")
    assert "4 were asked for, but no more differ enough: give --candidates 6, or a higher" in few.out
    most = molvae_command(*asked, "--candidates", 6, "--out", tmp_path / "most.csv")
    assert "no more differ enough: give a higher --max-similarity" in most.out


def test_missing_censored_and_unreadable_values_each_count_as_what_they_are(
    tiny_model_dir: Path, molvae_command: RunMolvae, tmp_path: Path
) -> None:
    path, lab = tmp_path / "assay.csv", tmp_path / "lab"
    rows = [
        "SMILES;pic50;tox",
        "CCOc1ccccc1;7,5;<0,5",
        "CCOc1ccccc1;8,5;",
        "NC(=O)c1ccccc1;> 10;0.1",
        "Cc1ccccc1;;",
        "C1CC;6.0;0.2",
        "CCO;about 5;",
        "CCN;abc;0.7",
    ]
    path.write_text("\n".join(rows), encoding="utf-8")
    argv = ["--model", tiny_model_dir, "--property", "pIC50", "--property", "tox"]
    outcome = molvae_command("learn", lab, path, *argv)
    assert outcome.code == 0, outcome.err
    first = outcome.out.splitlines()[0]
    assert "7 rows of" in first
    assert '4 measured, 1 without a value, 1 "unparseable", 2 "property"' in first
    ledger = pd.read_csv(lab / "rounds" / "001" / "ledger.csv")
    assert ledger[["row", "reason"]].to_numpy().tolist() == [
        [5, "unparseable"],
        [6, "property"],
        [7, "property"],
    ]
    assert 'pIC50: "about 5" is not a number' in ledger["detail"][1]
    assert "of tox it knows no more" not in outcome.out, "two values are too few to say so"
    history = pd.read_csv(lab / "measured.csv", dtype=str).fillna("").to_numpy().tolist()
    assert history == [
        ["CCOc1ccccc1", "1", "8", "<0.5"],
        ["NC(=O)c1ccccc1", "1", ">10", "0.1"],
        ["CCN", "1", "", "0.7"],
    ]
    assert (lab / "rounds" / "001" / "given.csv").read_bytes() == path.read_bytes()


def test_a_file_that_was_read_before_adds_nothing_and_one_that_grew_its_new_rows(
    lab: Path, first_csv: Path, molvae_command: RunMolvae, tmp_path: Path
) -> None:
    again = molvae_command("learn", lab, first_csv)
    assert again.code == 0
    assert again.out.startswith(f"{first_csv} was read before, as round 1: nothing is added\n")
    renamed = tmp_path / "renamed.csv"
    shutil.copyfile(first_csv, renamed)
    assert "as round 1: nothing is added" in molvae_command("learn", lab, renamed).out
    lines = first_csv.read_text(encoding="utf-8").splitlines()
    renamed.write_text("\n".join([lines[0], *reversed(lines[1:])]), encoding="utf-8")
    assert "every measurement of" in molvae_command("learn", lab, renamed).out
    renamed.write_text("\n".join([*lines, "CCOc1ccccc1,2.0"]), encoding="utf-8")
    grown = molvae_command("learn", lab, renamed)
    assert grown.out.startswith(f'round 2: 13 rows of {renamed}, 1 measured, 12 "duplicate": see ')
    assert len(pd.read_csv(lab / "measured.csv")) == 13


def test_measurements_of_all_rounds_are_combined(
    lab: Path, molvae_command: RunMolvae, tmp_path: Path
) -> None:
    for number, cell in enumerate((">3", "4.0", "6.0", "<1"), start=2):
        path = tmp_path / f"{number}.csv"
        path.write_text(f"smiles,lipo\nCCOc1ccccc1,{cell}\n", encoding="utf-8")
        assert molvae_command("learn", lab, path).code == 0
        project = open_lab(lab)
        history = history_of(project.rounds(), project.properties)
        row = history.smiles.index("CCOc1ccccc1")
        expected = {2: (3.0, float("inf")), 3: (4.0, 4.0), 4: (5.0, 5.0), 5: (5.0, 5.0)}[number]
        assert (history.low[row, 0], history.high[row, 0]) == expected
        assert history.rounds[row] == 2


@pytest.mark.parametrize("moment", ["replace", "rename"])
def test_a_run_that_is_stopped_between_writes_leaves_all_or_nothing(
    moment: str, lab: Path, molvae_command: RunMolvae, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "second.csv"
    path.write_text("smiles,lipo\nCCOc1ccccc1,2.0\n", encoding="utf-8")
    before = {file: file.read_bytes() for file in sorted(lab.rglob("*")) if file.is_file()}

    def killed(self: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, moment, killed)
        assert molvae_command("learn", lab, path).code == 130
    left = {file: file.read_bytes() for file in sorted(lab.rglob("*")) if file.is_file()}
    assert left == before
    # What a kill leaves, which has no time to tidy up, is no round either.
    (lab / "rounds" / "002.x.part").mkdir()
    assert "round 2: 1 rows" in molvae_command("learn", lab, path).out
    assert len(open_lab(lab).rounds()) == 2


def test_a_batch_that_was_remembered_but_not_written_is_written_by_the_same_command(
    lab: Path, molvae_command: RunMolvae, tmp_path: Path
) -> None:
    batch = tmp_path / "batch.csv"
    argv = ["suggest", lab, *FEW, "--maximize", "lipo", "--out", batch]
    assert molvae_command(*argv).code == 0
    written = batch.read_bytes()
    batch.unlink()
    again = molvae_command(*argv)
    assert again.out.startswith("batch 1 was made before and not written: here are its 4 molecules")
    assert batch.read_bytes() == written
    refused = molvae_command(*argv)
    assert "exists; give another file, or --overwrite" in refused.err
    other = molvae_command(*argv[:-1], tmp_path / "other.csv")
    assert other.out.startswith("batch 2: 4 of ")
    assert "4 of earlier batches are not measured yet" in other.out
    both = [set(pd.read_csv(path)["smiles"]) for path in (batch, tmp_path / "other.csv")]
    assert not both[0] & both[1]
    replaced = molvae_command(*argv, "--overwrite")
    assert replaced.out.startswith("batch 3: 4 of ")
    assert "4 suggested molecules" not in molvae_command("learn", lab).out
    assert "8 suggested molecules are not measured yet" in molvae_command("learn", lab).out


def test_a_batch_that_comes_back_in_part_is_pending_in_part(
    lab: Path, molvae_command: RunMolvae, tmp_path: Path
) -> None:
    batch = tmp_path / "batch.csv"
    assert molvae_command("suggest", lab, *FEW, "--minimize", "lipo", "--out", batch).code == 0
    table = pd.read_csv(batch)
    table.loc[:2, "lipo"] = [1.0, 2.0, 3.0]
    table.to_csv(batch, index=False)
    outcome = molvae_command("learn", lab, batch)
    assert "4 rows of" in outcome.out
    assert "3 measured, 1 without a value\n" in outcome.out
    assert "1 suggested molecules are not measured yet" in outcome.out
    refused = molvae_command("suggest", lab, *FEW, "--out", tmp_path / "b.csv", "--maximize", "QED")
    assert '"QED" is not measured in' in refused.err


def test_a_goal_file_joins_what_is_measured_with_what_is_computed_and_keeps_its_constraints(
    lab: Path, molvae_command: RunMolvae, tmp_path: Path
) -> None:
    goal = tmp_path / "goal.toml"
    text = """\
[[property]]
name = "lipo"
source = "predicted"
maximize = true
low = 0
high = 5

[[property]]
name = "QED"
maximize = true

[constraints]
elements = ["C", "N", "O"]
max_heavy_atoms = 30
"""
    goal.write_text(text, encoding="utf-8")
    batch = tmp_path / "batch.csv"
    outcome = molvae_command("suggest", lab, "-n", 4, "--candidates", 30, "--goal", goal, "--out", batch)
    assert outcome.code == 0, outcome.err
    assert "more broke a constraint" in outcome.out
    for text in pd.read_csv(batch)["smiles"]:
        atoms = Chem.MolFromSmiles(text).GetAtoms()
        assert {atom.GetSymbol() for atom in atoms} <= {"C", "N", "O"}
        assert len(atoms) <= 30
    assert "best score" in molvae_command("learn", lab).out
    goal.write_text('[[property]]\nname = "QED"\nmaximize = true\n', encoding="utf-8")
    refused = molvae_command("suggest", lab, "--goal", goal, "--out", tmp_path / "x.csv")
    assert "no property of the goal is measured: give one of lipo" in refused.err


def test_a_project_may_begin_with_nothing_and_then_the_first_batch_is_of_fresh_draws(
    tiny_model_dir: Path, molvae_command: RunMolvae, tmp_path: Path
) -> None:
    lab, batch = tmp_path / "lab", tmp_path / "batch.csv"
    begun = molvae_command("learn", lab, "--model", tiny_model_dir, "--property", "lipo")
    assert begun.out.startswith("nothing is measured yet")
    assert molvae_command("suggest", lab, *FEW, "--maximize", "lipo", "--out", batch).code == 0
    table = filled_in(batch)
    assert set(table["operator"]) == {"prior"}
    assert table["predicted_lipo"].isna().all()
    assert "4 measured" in molvae_command("learn", lab, batch).out
    assert molvae_command("suggest", lab, *FEW, "--out", tmp_path / "second.csv").code == 0


def test_a_head_is_fitted_to_the_measurements_in_a_copy_of_the_model(
    lab: Path,
    tiny_model_dir: Path,
    molvae_command: RunMolvae,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gaussian_teacher, "NUM_STEPS", 300)
    before = {path: path.read_bytes() for path in tiny_model_dir.rglob("*") if path.is_file()}
    outcome = molvae_command("learn", lab, "--update-head")
    assert outcome.code == 0, outcome.err
    assert f"model with a head fitted to 12 molecules: {lab / 'model'}" in outcome.out
    assert before == {path: path.read_bytes() for path in tiny_model_dir.rglob("*") if path.is_file()}
    fitted = load_model(lab / "model")
    assert fitted.property_names == ("lipo",)
    history = pd.read_csv(lab / "measured.csv")
    said = fitted.predict(fitted.encode(history["smiles"].tolist())).mean[:, 0]
    assert abs(said - history["lipo"].mean()).max() < 2 * history["lipo"].std()
    assert np.ptp(said) > 0
    assert molvae_command("info", lab / "model").code == 0


def test_the_model_is_fine_tuned_on_the_measurements_and_molecules_come_from_it(
    tiny_csv: Path,
    tiny_model_dir: Path,
    molvae_command: RunMolvae,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gaussian_teacher, "NUM_STEPS", 100)
    monkeypatch.setattr(tuning, "SETTINGS", tuning.SETTINGS | {"max_epochs": 2, "device": "cpu"})
    lab, first = tmp_path / "lab", tmp_path / "first.csv"
    table = pd.read_csv(tiny_csv)[["smiles"]].head(60)
    values = [">3.5", "", "<0.5", *(f"{measure(text):.3f}" for text in table["smiles"][3:])]
    table.assign(lipo=values).to_csv(first, index=False)
    begin = ["learn", lab, first, "--model", tiny_model_dir, "--property", "lipo"]
    assert molvae_command(*begin).code == 0
    outcome = molvae_command("learn", lab, "--update-model")
    assert outcome.code == 0, outcome.err
    tuned = lab / "models" / "001"
    assert f"model fine-tuned on 59 molecules, from which others are suggested now: {tuned}" in outcome.out
    given = pd.read_csv(lab / "models" / "001.csv").set_index("smiles")["lipo"]
    assert given[table["smiles"][0]] > 3.5
    assert given[table["smiles"][2]] < 0.5
    assert load_model(tuned).property_names == ("lipo",)
    project = open_lab(lab)
    assert project.model == tuned.resolve()
    assert project.base == tiny_model_dir.resolve()
    weights = (tuned / "weights.safetensors").read_bytes()
    assert molvae_command("learn", lab, "--update-model").code == 0
    assert (tuned / "weights.safetensors").read_bytes() == weights
    assert molvae_command("suggest", lab, *FEW, "--maximize", "lipo", "--out", tmp_path / "b.csv").code == 0
    assert molvae_command("learn", lab, filled_in_file(tmp_path / "b.csv"), "--update-model").code == 0
    assert open_lab(lab).model == (lab / "models" / "002").resolve()
    assert open_lab(lab).base == tiny_model_dir.resolve()
    again = tmp_path / "again.csv"
    table.head(5).assign(lipo=["1.5"] * 5).to_csv(again, index=False)
    outcome = molvae_command("learn", lab, again, "--update-model")
    assert outcome.code == 0, outcome.err
    assert open_lab(lab).model == (lab / "models" / "003").resolve(), "nothing new, but another round"
    weights = (lab / "models" / "003" / "weights.safetensors").read_bytes()
    assert molvae_command("learn", lab, "--update-model", "--seed", 1).code == 0
    assert (lab / "models" / "003" / "weights.safetensors").read_bytes() != weights
    assert molvae_command("learn", lab, "--model", tiny_model_dir).code == 0
    assert open_lab(lab).model == open_lab(lab).base == tiny_model_dir.resolve()


def test_few_measurements_fine_tune_no_model(lab: Path, molvae_command: RunMolvae) -> None:
    refused = molvae_command("learn", lab, "--update-model")
    assert refused.code == 1
    assert '"12" molecules are measured; to fine-tune the model takes 40: measure more' in refused.err
    assert not (lab / "models").exists()


def _edit(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8").replace("1", "2"), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("rounds/001/measurements.csv", 'measurements.csv" was cut or edited after it was written: bring'),
        ("rounds/001/record.json", 'rounds/001" is damaged: bring the folder back from a copy, or delete it'),
        ("lab.json", 'lab.json" is damaged; bring it back from a copy'),
    ],
)
def test_a_damaged_project_is_refused(
    file: str, message: str, lab: Path, molvae_command: RunMolvae, tmp_path: Path
) -> None:
    path = lab / file
    if path.suffix == ".csv":
        _edit(path)
    else:
        path.write_bytes(path.read_bytes()[:-9])
    for argv in (["learn", lab], ["suggest", lab, "--maximize", "lipo", "--out", tmp_path / "b.csv"]):
        outcome = molvae_command(*argv)
        assert outcome.code == 1
        assert message in outcome.err.replace(os.sep, "/")
        assert outcome.err.count("\n") == 1


def test_a_project_of_a_newer_format_is_refused(lab: Path, molvae_command: RunMolvae) -> None:
    path = lab / "lab.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format_version": 9}), encoding="utf-8")
    assert "has format 9, this molvae reads 1; update molvae" in molvae_command("learn", lab).err


def test_two_processes_do_not_take_the_same_number(tmp_path: Path) -> None:
    records.add_entry(tmp_path, 1, "table.csv", b"smiles\nCCO\n", {"file": "a"})
    with pytest.raises(InputError, match="another process wrote"):
        records.add_entry(tmp_path, 1, "table.csv", b"smiles\nCCN\n", {"file": "b"})
    (entry,) = records.read_entries(tmp_path, "table.csv")
    assert entry.rows == [{"smiles": "CCO"}]


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["none"], '"none" is no project yet: give --model and --property to begin it'),
        (["none", "--model", "MODEL"], "a new project needs what is measured: give --property NAME"),
        (["none", "--model", "MODEL", "--property", "parent"], 'a property can\'t be called "parent"'),
        (["none", "--model", "nowhere", "--property", "lipo"], 'there is no model folder "nowhere"'),
        (["taken", "--model", "MODEL", "--property", "lipo"], '"taken" exists and is no project'),
        (["LAB", "--property", "pIC50"], "measures lipo, not pIC50; leave --property out"),
        (["LAB", "gone.csv"], "gone.csv"),
        (["LAB", "other.csv"], '"other.csv" has no column "lipo"; '),
        (["LAB", "bad.csv"], 'no row of "bad.csv" has a molecule and a value of lipo: 1 of 2 rows are empty'),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line_and_leaves_nothing(
    argv: list[str],
    message: str,
    lab: Path,
    tiny_model_dir: Path,
    molvae_command: RunMolvae,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("taken").mkdir()
    Path("taken/thesis.tex").write_text("years of work", encoding="utf-8")
    Path("other.csv").write_text("smiles,lipop\nCCO,1\n", encoding="utf-8")
    Path("bad.csv").write_text("smiles,lipo\nCCO,\nC1CC,3\n", encoding="utf-8")
    names = {"MODEL": str(tiny_model_dir), "LAB": str(lab)}
    outcome = molvae_command("learn", *[names.get(word, word) for word in argv])
    assert outcome.code == 1
    assert message in outcome.err
    assert outcome.err.count("\n") == 1
    assert not Path("none").exists()
    assert len(open_lab(lab).rounds()) == 1


def test_a_batch_can_not_be_asked_for_without_saying_what_is_wanted(
    lab: Path, molvae_command: RunMolvae, tmp_path: Path
) -> None:
    out = tmp_path / "b.csv"
    for argv, message in (
        ([], "has no batch yet, so what is wanted is not known: give --maximize NAME"),
        (["--maximize", "lipo", "--minimize", "lipo"], '2 goals are given ("lipo, lipo"); give one of'),
        (["--target", "lipo"], 'target is "lipo"; write NAME=VALUE'),
        (["--maximize", "lipo", "--max-similarity", "2"], 'max_similarity is "2.0"; it must be above 0'),
    ):
        outcome = molvae_command("suggest", lab, *argv, "--out", out)
        assert outcome.code == 1
        assert message in outcome.err
    assert not out.exists()
    nowhere = molvae_command("suggest", tmp_path / "none", "--maximize", "lipo", "--out", out)
    assert "holds no project; begin one: molvae learn" in nowhere.err


def test_a_judge_that_knows_nothing_says_so(
    tiny_model_dir: Path, molvae_command: RunMolvae, tmp_path: Path
) -> None:
    """The more alike two of these chains are, the less alike are their values."""
    path = tmp_path / "odd.csv"
    lines = [f"{'C' * length}O,{(-1.0) ** length}" for length in range(4, 16)]
    path.write_text("\n".join(["smiles,lipo", *lines]), encoding="utf-8")
    argv = ["--model", tiny_model_dir, "--property", "lipo"]
    outcome = molvae_command("learn", tmp_path / "lab", path, *argv)
    assert "of lipo it knows no more than the mean yet" in outcome.out
