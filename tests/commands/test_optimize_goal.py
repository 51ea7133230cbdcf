"""molvae optimize with a goal file, or with an oracle of the user's own."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rdkit import Chem
from rdkit.Chem import QED, Crippen

from molvae.chem.fingerprints import morgan_bits, tanimoto
from molvae.optimization.pareto import fronts
from tests.command_line import RunMolvae, interruptible_process

STARTS = ("CCOc1ccccc1", "NC(=O)c1ccccc1")
FROM = [word for text in STARTS for word in ("--from-smiles", text)]

GOAL = """\
[[property]]
name = "QED"
maximize = true

[[property]]
name = "logP"
range = [1.0, 3.0]
weight = 2.0

[[property]]
name = "atoms"
source = "oracle"
minimize = true
low = 5
high = 40

[constraints]
leads = ["CCOc1ccccc1"]
elements = ["C", "N", "O", "F", "S", "Cl"]
max_heavy_atoms = 12

[oracle]
python = "atoms.py:count"
batch = 4
"""
ORACLE = """\
def count(smiles):
    if any("S" in text for text in smiles):
        raise ValueError("no sulfur")
    return {"atoms": [sum(char.isalpha() for char in text) for text in smiles]}
"""


@pytest.fixture
def goal_file(tmp_path: Path) -> Path:
    """A goal of three properties, with constraints and an oracle."""
    (tmp_path / "atoms.py").write_text(ORACLE, encoding="utf-8")
    path = tmp_path / "goal.toml"
    path.write_text(GOAL, encoding="utf-8")
    return path


def test_the_molecules_come_with_every_property_and_what_they_break_and_a_resumed_run_ends_the_same(
    goal_file: Path, molvae_command: RunMolvae, tiny_model_dir: Path, tmp_path: Path
) -> None:
    out, cut = tmp_path / "out", tmp_path / "cut"
    argv = ["optimize", tiny_model_dir, "--goal", goal_file, "--budget", 40]
    outcome = molvae_command(*argv, "--out", out)
    assert outcome.code == 0, outcome.err
    calls, table = pd.read_csv(out / "oracle.csv"), pd.read_csv(out / "molecules.csv")
    assert len(calls) == 40
    assert calls["smiles"][0] == "CCOc1ccccc1", "the search starts at the lead"
    assert table.columns[:9].tolist() == [
        "rank",
        "smiles",
        "score",
        "broken_constraints",
        "QED",
        "logP",
        "oracle_atoms",
        "QED_desirability",
        "logP_desirability",
    ]
    best = table.iloc[0]
    mol = Chem.MolFromSmiles(best["smiles"])
    assert best["QED_desirability"] == pytest.approx(QED.qed(mol))
    log_p = min(max(0.0, 1.0 - max(1.0 - Crippen.MolLogP(mol), Crippen.MolLogP(mol) - 3.0)), 1.0)
    assert best["logP_desirability"] == pytest.approx(log_p)
    atoms = (40 - best["oracle_atoms"]) / 35
    assert best["score"] == pytest.approx((QED.qed(mol) * log_p**2 * min(atoms, 1.0)) ** 0.25)
    assert table["broken_constraints"].isna().all()
    assert outcome.out.startswith(f"best score {best['score']:.3f}, from ")

    shutil.copytree(out, cut)
    lines = (cut / "oracle.csv").read_bytes().splitlines(keepends=True)
    (cut / "oracle.csv").write_bytes(b"".join(lines[:20]) + lines[20][:5])
    goal_file.write_text(GOAL.replace("batch = 4", "batch = 4\ntimeout = 30"), encoding="utf-8")
    assert molvae_command(*argv, "--out", cut, "--resume").code == 0
    for name in ("oracle.csv", "molecules.csv"):
        assert (cut / name).read_bytes() == (out / name).read_bytes()
    goal_file.write_text(GOAL.replace("weight = 2.0", "weight = 3.0"), encoding="utf-8")
    refused = molvae_command(*argv, "--out", cut, "--resume")
    assert "had another objective" in refused.err


def test_what_breaks_a_constraint_costs_no_call_but_a_start_which_is_told_of(
    goal_file: Path, molvae_command: RunMolvae, tiny_model_dir: Path, tmp_path: Path
) -> None:
    out, broken = tmp_path / "out", "O=C(Cl)c1ccccc1"
    argv = ["optimize", tiny_model_dir, "--goal", goal_file, "--budget", 40, "--optimizer", "random-prior"]
    outcome = molvae_command(*argv, "--from-smiles", broken, "--out", out)
    assert outcome.code == 0, outcome.err
    table = pd.read_csv(out / "molecules.csv")
    is_broken = table["broken_constraints"].notna()
    assert table["smiles"][is_broken].tolist() == [broken]
    assert table["score"][is_broken].tolist() == [-1]
    assert (table["score"][~is_broken] >= 0).all()
    assert table["oracle_atoms"][is_broken].isna().all()
    assert "of 40 molecules 1 break a constraint" in outcome.out
    report = (out / "report.html").read_text(encoding="utf-8")
    assert f"{len(table) - 1} molecules scored, the best" in report
    assert "<dt>break a constraint</dt><dd>1</dd>" in report


def test_where_nothing_keeps_the_constraints_that_is_said(
    molvae_command: RunMolvae, tiny_model_dir: Path, tmp_path: Path
) -> None:
    goal, out = tmp_path / "goal.toml", tmp_path / "out"
    wanted = "".join(
        f'[[property]]\nname = "{name}"\nmaximize = true\nlow = 0\nhigh = 1\n' for name in ("QED", "logP")
    )
    goal.write_text(f"{wanted}[constraints]\nmust_have = ['[Au]']\n", encoding="utf-8")
    outcome = molvae_command("optimize", tiny_model_dir, "--goal", goal, "--budget", 20, "--out", out, *FROM)
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert lines[0].startswith("none of 2 molecules has a score and keeps the constraints; see")
    assert lines[1].startswith("the search stalled: ")
    assert (pd.read_csv(out / "oracle.csv")["score"] == -1).all()
    refused = molvae_command("report", out, "--out", tmp_path / "page.html")
    assert "no molecule with a score that keeps the constraints" in refused.err


def test_what_an_oracle_out_of_order_gave_no_score_is_scored_again_when_that_is_asked_for(
    molvae_command: RunMolvae, tiny_model_dir: Path, tmp_path: Path
) -> None:
    license_file, out = tmp_path / "license", tmp_path / "out"
    (tmp_path / "docked.py").write_text(
        f"import pathlib\ndef energies(smiles):\n    pathlib.Path({str(license_file)!r}).read_text()\n"
        "    return {'energy': [-len(text) for text in smiles]}\n",
        encoding="utf-8",
    )
    argv = ["optimize", tiny_model_dir, "--minimize", "energy", "--budget", 24, "--out", out, *FROM]
    argv += ["--oracle-python", f"{tmp_path / 'docked.py'}:energies", "--oracle-batch", 8]
    failed = molvae_command(*argv)
    assert "has failed on 10 molecules running: FileNotFoundError" in failed.err
    assert pd.read_csv(out / "oracle.csv")["score"].isna().all()
    license_file.touch()
    refused = molvae_command(*argv, "--retry-failed")
    assert '"--retry-failed" goes on with a run: give --resume too' in refused.err
    assert molvae_command(*argv, "--resume").code == 0
    assert pd.read_csv(out / "oracle.csv")["score"].isna().all(), "what was called was called"
    assert molvae_command(*argv, "--resume", "--retry-failed").code == 0
    calls = pd.read_csv(out / "oracle.csv")
    assert calls["call"].tolist() == list(range(1, 25))
    assert (calls["score"] == calls["smiles"].str.len()).all()


def test_a_killed_search_has_kept_each_answer_of_its_oracle_and_ends_as_one_that_was_not(
    molvae_command: RunMolvae, tiny_model_dir: Path, tmp_path: Path
) -> None:
    (tmp_path / "slow.py").write_text(
        "import time\ndef length(smiles):\n    (text,) = smiles\n    time.sleep(0.05)\n"
        "    with open('answered', 'a') as file: print(text, file=file)\n    return [len(text)]\n",
        encoding="utf-8",
    )
    argv = ["optimize", tiny_model_dir, "--maximize", "score", "--budget", 40, *FROM]
    argv += ["--oracle-python", f"{tmp_path / 'slow.py'}:length"]
    cut, whole, answered = tmp_path / "cut", tmp_path / "whole", tmp_path / "answered"
    command = [sys.executable, "-m", "molvae", *map(str, argv), "--out", str(cut)]
    with interruptible_process(command, cwd=tmp_path, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and not (
            answered.exists() and answered.read_text().count("\n") > 5
        ):
            time.sleep(0.02)
        process.kill()
    kept = pd.read_csv(cut / "oracle.csv")["smiles"].tolist()
    told = answered.read_text().split()
    assert len(kept) >= len(told) - 2, "one may be on its way, and one be asked for"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        assert molvae_command(*argv, "--out", cut, "--resume").code == 0
        assert set(answered.read_text().split()[len(told) :]).isdisjoint(kept)
        assert molvae_command(*argv, "--out", whole).code == 0
    for name in ("oracle.csv", "molecules.csv", "molecules.sdf"):
        assert (cut / name).read_bytes() == (whole / name).read_bytes()
    found = [mol.GetProp("rank") for mol in Chem.SDMolSupplier(str(cut / "molecules.sdf"))]
    assert found == pd.read_csv(cut / "molecules.csv")["rank"].astype(str).tolist()


def test_a_start_that_breaks_a_constraint_is_told_of_and_bred_from(
    goal_file: Path, molvae_command: RunMolvae, tiny_model_dir: Path, tmp_path: Path
) -> None:
    goal = '[[property]]\nname = "QED"\nmaximize = true\n[constraints]\nelements = ["C", "O"]\n'
    goal_file.write_text(goal + f'leads = ["{STARTS[0]}"]\n', encoding="utf-8")
    argv = ["optimize", tiny_model_dir, "--goal", goal_file, "--budget", 40, "--out", tmp_path / "out"]
    outcome = molvae_command(*argv, "--from-smiles", STARTS[1])
    assert (
        "1 of 1 starting molecules break a constraint and are no answer, the first is "
        f"{STARTS[1]} (elements: N)" in outcome.err
    )
    assert "change [constraints] in the goal file" in outcome.err
    calls = pd.read_csv(tmp_path / "out" / "oracle.csv")
    assert calls["score"].notna().any()
    assert STARTS[1] in set(calls["parent"][1:])
    table = pd.read_csv(tmp_path / "out" / "molecules.csv")
    assert set(table["nearest_start"]) == {STARTS[1]}
    assert set(table["nearest_lead"]) == {STARTS[0]}
    bits = morgan_bits([Chem.MolFromSmiles(text) for text in (STARTS[0], table["smiles"][0])])
    assert table["similarity_to_lead"][0] == pytest.approx(tanimoto(bits[0], bits[1:])[0])
    shown = outcome.out.splitlines()
    assert shown[[line.startswith("rank") for line in shown].index(True)].split()[-2:] == [
        "comes_back",
        "smiles",
    ]
    num_unknown = int((~table["comes_back"].head(5)).sum())
    assert (f"{num_unknown} of these 5 do not come back" in outcome.out) == (num_unknown > 0)


def test_a_front_is_sought_and_told_of(
    molvae_command: RunMolvae, tiny_model_dir: Path, tmp_path: Path
) -> None:
    goal, out = tmp_path / "goal.toml", tmp_path / "front"
    text = """pareto = true
[[property]]
name = "QED"
maximize = true
[[property]]
name = "MW"
maximize = true
low = 50
high = 500
[constraints]
max_heavy_atoms = 20
"""
    goal.write_text(text, encoding="utf-8")
    argv = ["optimize", tiny_model_dir, "--goal", goal, "--budget", 60, "--out", out, *FROM]
    outcome = molvae_command(*argv)
    assert outcome.code == 0, outcome.err
    table = pd.read_csv(out / "molecules.csv")
    ledger = pd.read_csv(out / "oracle.csv").set_index("smiles").loc[table["smiles"]]  # every digit is there
    values = [json.loads(text) for text in ledger["values"]]
    aims = np.array([[value["QED_desirability"], value["MW_desirability"]] for value in values])
    assert table["broken_constraints"].isna().all(), "evolution spends no call on what is forbidden"
    assert table["front"].tolist() == fronts(aims).tolist()
    assert table["front"].is_monotonic_increasing
    best = table["front"] == 1
    first, second = outcome.out.splitlines()[:2]
    assert first.startswith(f"a front of {best.sum()} molecules, hypervolume 0.")
    assert second.endswith("in 60 calls of evolution")
    page = tmp_path / "page.html"
    assert molvae_command("report", out, "--out", page).code == 0
    report = page.read_text(encoding="utf-8")
    assert f"{best.sum()} molecules that none is better than" in report
    assert "front by front, the most balanced first" in report
    refused = molvae_command(*argv, "--overwrite", "--optimizer", "cma-es")
    assert 'the optimizer "cma-es" seeks one score, and no Pareto front' in refused.err
    assert (out / "molecules.csv").is_file(), "nothing is deleted for a search that can't be"


def test_a_program_gives_the_property_that_a_flag_asks_for(
    molvae_command: RunMolvae, tiny_model_dir: Path, tmp_path: Path
) -> None:
    script, out = tmp_path / "program.py", tmp_path / "out"
    lines = [
        "import sys",
        "smiles = sys.stdin.read().split()",
        'print("length", *map(len, smiles), sep="\\n")',
    ]
    script.write_text("\n".join(lines), encoding="utf-8")
    argv = [
        "--minimize",
        "length",
        "--oracle-command",
        f'"{sys.executable}" "{script}"',
        "--budget",
        8,
        *FROM,
    ]
    outcome = molvae_command("optimize", tiny_model_dir, "--out", out, *argv)
    assert outcome.code == 0, outcome.err
    table = pd.read_csv(out / "molecules.csv")
    assert table["oracle_length"].tolist() == sorted(map(len, table["smiles"]))
    shortest = table["oracle_length"][0]
    assert outcome.out.startswith(
        f"best oracle_length {shortest:.3f}, from 11.000 of the best start, in 8 calls"
    )


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--goal", "goal.toml", "--maximize", "QED"], '2 goals are given ("QED, goal.toml"); give one of'),
        (
            ["--goal", "goal.toml", "--oracle-command", "dock"],
            'the oracle "dock" is given beside the goal file',
        ),
        (["--goal", "none.toml"], 'settings file "none.toml" is not there'),
        (
            ["--goal", "goal.toml"],
            '"goal.toml", line 2, [[property]] 1: unknown property "QAD": did',
        ),
        (["--goal", "head.toml"], 'the model\'s head does not predict "pIC50": it predicts logP, QED'),
        (["--goal", "head.toml", "--optimizer", "gradient-ascent"], 'does not predict "pIC50"'),
        (["--maximize", "a", "--oracle-python", "none.py:f"], '"none.py" is not there'),
        (["--maximize", "a", "--oracle-python", "x:f", "--oracle-batch", "0"], 'batch is "0"; it must be at'),
    ],
)
def test_a_goal_that_makes_no_sense_is_refused_before_the_search_starts(
    flags: list[str],
    message: str,
    molvae_command: RunMolvae,
    tiny_model_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("goal.toml").write_text('[[property]]\nname = "QAD"\nmaximize = true\n', encoding="utf-8")
    head = '[[property]]\nname = "pIC50"\nsource = "predicted"\nmaximize = true\n'
    Path("head.toml").write_text(head, encoding="utf-8")
    outcome = molvae_command("optimize", tiny_model_dir, "--out", "out", *flags)
    assert outcome.code == 1
    assert message in outcome.err
    assert outcome.err.count("\n") == 1
    assert not Path("out").exists()
