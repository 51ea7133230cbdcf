"""molvae optimize."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from rdkit import Chem
from rdkit.Chem import QED, rdFingerprintGenerator
from rdkit.DataStructs import TanimotoSimilarity

from molvae.generation.model_folder import load_model
from molvae.optimization.choices import OPTIMIZERS
from molvae.optimization.constraints import ConstraintSettings, keeps_all
from tests.command_line import RunMolvae

STARTS = ("CCOc1ccccc1", "NC(=O)c1ccccc1")
FROM = [word for text in STARTS for word in ("--from-smiles", text)]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_folder_holds_every_call_and_the_molecules_best_first(
    optimizer: str, molvae_command: RunMolvae, tiny_model_dir: Path, tmp_path: Path
) -> None:
    out = tmp_path / "better"
    argv = ["optimize", tiny_model_dir, "--maximize", "qed", "--budget", 25, "--out", out, *FROM]
    outcome = molvae_command(*argv, "--no-alerts", "--optimizer", optimizer)
    assert outcome.code == 0
    calls, table = pd.read_csv(out / "oracle.csv"), pd.read_csv(out / "molecules.csv")
    assert len(calls) == len(table) == 25
    assert set(calls["smiles"][:2]) == {Chem.CanonSmiles(text) for text in STARTS}
    assert table["QED"].is_monotonic_decreasing
    assert table["rank"].tolist() == list(range(1, 26))
    lineage = pd.read_csv(out / "molecules.csv", keep_default_na=False)
    origins = dict(zip(lineage["smiles"], lineage["origin"], strict=True))
    for smiles, parent in zip(lineage["smiles"], lineage["parent"], strict=True):
        is_start = smiles in set(calls["smiles"][:2])
        assert origins[smiles] == (smiles if is_start else origins[parent] if parent else "")
    best = table.iloc[0]
    assert best["QED"] == pytest.approx(QED.qed(Chem.MolFromSmiles(best["smiles"])))
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    prints = [generator.GetFingerprint(Chem.MolFromSmiles(text)) for text in (*STARTS, best["smiles"])]
    nearest = max(TanimotoSimilarity(prints[row], prints[2]) for row in (0, 1))
    assert best["similarity"] == pytest.approx(nearest, abs=1e-6)
    start = max(QED.qed(Chem.MolFromSmiles(text)) for text in STARTS)
    first = f"best QED {best['QED']:.3f}, from {start:.3f} of the best start, in 25 calls of {optimizer}"
    assert outcome.out.splitlines()[0] == first


def test_alerts_are_kept_out_unless_they_are_switched_off(
    molvae_command: RunMolvae, tiny_model_dir: Path, tmp_path: Path
) -> None:
    acyl_chloride = "O=C(Cl)c1ccccc1"
    argv = ["optimize", tiny_model_dir, "--maximize", "QED", "--budget", 40, *FROM]
    argv += ["--from-smiles", acyl_chloride, "--out"]
    outcome = molvae_command(*argv, tmp_path / "kept_out")
    assert outcome.code == 0, outcome.err
    assert "1 of 3 starting molecules break a constraint" in outcome.err
    calls = pd.read_csv(tmp_path / "kept_out" / "oracle.csv", index_col="smiles")
    assert calls["error"][acyl_chloride].startswith("reactive: ")
    assert calls["error"].notna().sum() == 1, "only what was given is asked about all the same"
    checks = ConstraintSettings().checks()
    found = pd.read_csv(tmp_path / "kept_out" / "molecules.csv")["smiles"]
    assert [text for text in found if not keeps_all(text, checks)] == []
    assert molvae_command(*argv, tmp_path / "let_in", "--no-alerts").code == 0
    calls = pd.read_csv(tmp_path / "let_in" / "oracle.csv", index_col="smiles")
    assert calls["score"][acyl_chloride] == pytest.approx(QED.qed(Chem.MolFromSmiles(acyl_chloride)))


def test_evolution_is_what_searches_unless_told_otherwise(
    molvae_command: RunMolvae, tiny_model_dir: Path, tmp_path: Path
) -> None:
    for number, flags in enumerate((["--target", "logP=2.5"], ["--minimize", "SA"])):
        out = tmp_path / str(number)
        outcome = molvae_command("optimize", tiny_model_dir, *flags, "--budget", 3, "--out", out)
        assert "in 3 calls of evolution" in outcome.out


def test_a_run_that_was_cut_short_goes_on_as_if_nothing_had_happened(
    molvae_command: RunMolvae, tiny_model_dir: Path, tmp_path: Path
) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    argv = ["optimize", tiny_model_dir, "--maximize", "QED", "--budget", 40, *FROM]
    assert molvae_command(*argv, "--out", whole).code == 0
    shutil.copytree(whole, cut)
    (cut / "molecules.csv").unlink()
    ledger = (cut / "oracle.csv").read_bytes()
    (cut / "oracle.csv").write_bytes(ledger[: len(ledger) // 2])
    assert molvae_command(*argv, "--out", cut, "--resume").code == 0
    for name in ("oracle.csv", "molecules.csv"):
        assert (cut / name).read_bytes() == (whole / name).read_bytes()


def test_a_finished_run_goes_on_with_a_larger_budget_only(
    molvae_command: RunMolvae, tiny_model_dir: Path, tmp_path: Path
) -> None:
    out = tmp_path / "better"
    argv = ["optimize", tiny_model_dir, "--maximize", "QED", "--out", out, *FROM]
    assert molvae_command(*argv, "--budget", 10).code == 0
    assert molvae_command(*argv, "--budget", 20, "--resume").code == 0
    assert len(pd.read_csv(out / "oracle.csv")) == 20
    outcome = molvae_command(*argv, "--budget", 20, "--resume", "--seed", 1)
    assert outcome.code == 1
    assert 'had another seed ("0", now "1"); repeat its settings to resume it' in outcome.err


def test_a_search_that_finds_nothing_better_ends_and_goes_on_with_more_patience(
    molvae_command: RunMolvae, tiny_model_dir: Path, tmp_path: Path
) -> None:
    out = tmp_path / "better"
    argv = ["optimize", tiny_model_dir, "--maximize", "QED", "--budget", 60, "--out", out, *FROM]
    argv += ["--optimizer", "random-prior", "--proposals-per-batch", 4]
    outcome = molvae_command(*argv, "--stop-after", 5)
    assert "the search stopped: its last 5 molecules or more were no better" in outcome.out
    calls = pd.read_csv(out / "oracle.csv")
    assert len(calls) < 60
    assert 5 <= len(calls) - (1 + int(calls["score"].argmax())) < 5 + 4
    assert molvae_command(*argv, "--stop-after", 60, "--resume").code == 0
    assert len(pd.read_csv(out / "oracle.csv")) == 60


def test_what_is_there_is_not_overwritten_without_being_told(
    molvae_command: RunMolvae, tiny_model_dir: Path, tmp_path: Path
) -> None:
    out, foreign = tmp_path / "better", tmp_path / "thesis"
    foreign.mkdir()
    (foreign / "thesis.tex").write_text("years of work", encoding="utf-8")
    argv = ["optimize", tiny_model_dir, "--maximize", "QED", "--budget", 3]
    assert molvae_command(*argv, "--out", out).code == 0
    refused = molvae_command(*argv, "--out", out)
    assert refused.code == 1
    assert "exists and is not empty; give another folder, or --overwrite, or --resume" in refused.err
    assert molvae_command(*argv, "--out", out, "--overwrite").code == 0
    refused = molvae_command(*argv, "--out", foreign, "--overwrite")
    assert "is not the folder of a run, so it is not deleted" in refused.err
    assert (foreign / "thesis.tex").is_file()


def test_starts_of_a_file_are_those_that_the_model_can_read(
    molvae_command: RunMolvae, tiny_model_dir: Path, tmp_path: Path
) -> None:
    path, out = tmp_path / "starts.smi", tmp_path / "better"
    path.write_text("CCOc1ccccc1\nC1CC\nNC(=O)c1ccccc1\n", encoding="utf-8")
    argv = ["optimize", tiny_model_dir, "--maximize", "QED", "--budget", 5, "--out", out]
    outcome = molvae_command(*argv, "--from-file", path)
    assert outcome.out.splitlines()[0].endswith("can't be read by the model, first row 2: unparseable")
    assert pd.read_csv(out / "oracle.csv")["operator"].eq("start").tolist()[:3] == [True, True, False]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], '0 goals are given (""); give one of --maximize NAME'),
        (["--maximize", "QED", "--minimize", "SA"], '2 goals are given ("QED, SA")'),
        (["--maximize", "qad"], 'unknown property "qad": did you mean "QED"?'),
        (["--target", "logP"], 'target is "logP"; write NAME=VALUE, such as logP=2.5'),
        (["--maximize", "QED", "--stop-after", "0"], 'stop_after is "0"; it must be at least 1'),
        (["--maximize", "QED", "--from-smiles", "C1CC"], '"C1CC" (molecule 1) cannot be encoded'),
        (
            ["--maximize", "QED", "--budget", "1", *FROM],
            '"2" starting molecules are more than the budget of "1"',
        ),
        (["--maximize", "SA", "--optimizer", "gradient-ascent"], 'does not predict "SA"'),
        (
            ["--maximize", "QED", "--optimizer", "cma-es", "--noise-level", "0.5"],
            '"--noise-level" is a setting of evolution, and not of the optimizer "cma-es": leave it out',
        ),
        (["--maximize", "QED", "--population-size", "9"], '"--population-size" is a setting of graph-ga'),
        (["--maximize", "QED", "--oracle-batch", "4"], '"--oracle-batch" says how an oracle is run'),
        (["--maximize", "QED", "--oracle-workers", "4"], '"--oracle-workers" says how an oracle is run'),
        (["--target", "logP=nan"], 'the target of logP is "nan": give a finite number'),
        (["--goal", "goal.toml", "--no-alerts"], "write reactive and pains there, under [constraints]"),
    ],
)
def test_a_search_that_makes_no_sense_is_refused_before_it_starts(
    flags: list[str], message: str, molvae_command: RunMolvae, tiny_model_dir: Path, tmp_path: Path
) -> None:
    outcome = molvae_command("optimize", tiny_model_dir, "--out", tmp_path / "better", *flags)
    assert outcome.code == 1
    assert message in outcome.err
    assert outcome.err.count("\n") == 1
    assert not (tmp_path / "better").exists()


def test_a_property_that_only_the_model_knows_is_scored_by_its_head(
    molvae_command: RunMolvae, tiny_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = pd.read_csv(tiny_csv).rename(columns={"logP": "pIC50"})
    table[["smiles", "pIC50"]].to_csv(tmp_path / "assay.csv", index=False)
    monkeypatch.setattr("molvae.training.gaussian_teacher.NUM_STEPS", 50)
    model, out = tmp_path / "model", tmp_path / "better"
    argv = ["--latent-dim", 8, "--encoder-dim", 16, "--decoder-dim", 16, "--head-dim", 8, "--max-steps", 5]
    assert (
        molvae_command("train", tmp_path / "assay.csv", "--out", model, "--property", "pIC50", *argv).code
        == 0
    )
    outcome = molvae_command("optimize", model, "--maximize", "pIC50", "--budget", 12, "--out", out, *FROM)
    assert "in 12 calls of evolution" in outcome.out
    assert "the oracle is what the model itself predicts of pIC50" in outcome.err
    calls = pd.read_csv(out / "oracle.csv")
    loaded = load_model(model)
    said = loaded.predict(loaded.encode([calls["smiles"][0]])).mean[0, 0]
    assert calls["score"][0] == pytest.approx(said, rel=1e-4)
    refused = molvae_command("optimize", model, "--maximize", "pic", "--out", tmp_path / "x", *FROM)
    assert "the model itself predicts pIC50" in refused.err
