"""molvae evaluate."""

from pathlib import Path

import pandas as pd
import pytest

from tests.command_line import RunMolvae


@pytest.fixture
def sample_csv(tmp_path: Path) -> Path:
    """Ethanol twice, benzene, and a ring that was never closed."""
    path = tmp_path / "sample.csv"
    path.write_text("smiles\nCCO\nOCC\nc1ccccc1\nC1CC\n", encoding="utf-8")
    return path


def metrics(table: Path, column: str = "value") -> "pd.Series[float]":
    return pd.read_csv(table).set_index("metric")[column]


def test_the_metrics_of_a_few_molecules_are_those_counted_by_hand(
    molvae_command: RunMolvae, sample_csv: Path, tmp_path: Path
) -> None:
    training, out = tmp_path / "training.smi", tmp_path / "metrics.csv"
    training.write_text("C(O)C\nCCC\nnonsense\n", encoding="utf-8")
    outcome = molvae_command("evaluate", sample_csv, "--training", training, "--out", out)
    assert outcome.code == 0
    found = metrics(out)
    assert found["validity"] == 0.75
    assert found["uniqueness"] == pytest.approx(2 / 3)
    assert found["novelty"] == 0.5
    assert found["aromatic_share"] == pytest.approx(1 / 3)
    assert found["MW_mean"] == pytest.approx((46.069 + 46.069 + 78.114) / 3, abs=1e-3)
    lines = [line.split() for line in outcome.out.splitlines()]
    assert lines[0] == ["metric", "value"]
    assert ["validity", "0.750"] in lines


def test_a_model_knows_what_it_was_trained_on(
    molvae_command: RunMolvae, tiny_model_dir: Path, tiny_csv: Path, sample_csv: Path, tmp_path: Path
) -> None:
    for file, novelty in ((tiny_csv, 0.0), (sample_csv, 1.0)):
        out = tmp_path / f"metrics_{file.name}"
        assert molvae_command("evaluate", file, "--model", tiny_model_dir, "--out", out).code == 0
        assert metrics(out)["novelty"] == novelty


def test_a_sample_beside_itself_has_no_distance(
    molvae_command: RunMolvae, tiny_csv: Path, tmp_path: Path
) -> None:
    out = tmp_path / "metrics.csv"
    argv = ["evaluate", tiny_csv, "--reference", tiny_csv, "--property", "tpsa", "--out", out]
    assert molvae_command(*argv).code == 0
    assert metrics(out)["TPSA_wasserstein"] == 0
    assert metrics(out)["TPSA_mean"] == metrics(out, "reference")["TPSA_mean"]
    assert "novelty" not in metrics(out)


def test_what_was_trained_on_is_known_in_one_way(molvae_command: RunMolvae, sample_csv: Path) -> None:
    outcome = molvae_command("evaluate", sample_csv, "--model", "a", "--training", "b")
    assert outcome.code == 2
    assert "not allowed with argument --model" in outcome.err
