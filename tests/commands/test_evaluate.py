"""molvae evaluate."""

from pathlib import Path

import pandas as pd
import pytest

from molvae.commands import evaluate
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
    assert metrics(out)["snn"] == pytest.approx(1)
    assert metrics(out)["fcd"] == pytest.approx(0, abs=1e-4)
    assert "novelty" not in metrics(out)


def test_what_was_trained_on_is_known_in_one_way(molvae_command: RunMolvae, sample_csv: Path) -> None:
    outcome = molvae_command("evaluate", sample_csv, "--model", "a", "--training", "b")
    assert outcome.code == 2
    assert "not allowed with argument --model" in outcome.err


def test_a_reference_file_and_a_training_file_give_a_floor(
    molvae_command: RunMolvae, sample_csv: Path, tiny_csv: Path, tmp_path: Path
) -> None:
    out = tmp_path / "metrics.csv"
    argv = ["evaluate", sample_csv, "--reference", tiny_csv, "--training", tiny_csv, "--out", out]
    outcome = molvae_command(*argv, "--max-reference", 50)
    assert outcome.code == 0
    assert f'50 of the 200 molecules of "{tiny_csv}" are taken' in outcome.err
    assert metrics(out, "floor")[["num_molecules", "novelty"]].tolist() == [4, 0]
    assert outcome.out.splitlines()[0].split() == ["metric", "value", "floor", "reference"]
    assert outcome.out.splitlines()[-1].startswith("seconds: ")


def test_moses_is_a_reference_by_name(
    molvae_command: RunMolvae, sample_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = {
        "train": ["CCN", "CCO", "CCCl", "CCF", "CC"],
        "test": ["CCO", "CCC"],
        "test_scaffolds": ["C", "CC"],
    }
    monkeypatch.setattr(evaluate, "moses_smiles", parts.__getitem__)
    out = tmp_path / "metrics.csv"
    outcome = molvae_command("evaluate", sample_csv, "--reference", "moses", "--out", out)
    assert outcome.code == 0
    found = metrics(out)
    assert found["novelty"] == 0.5
    for name in ("fcd", "snn", "frag", "scaf", "QED_wasserstein"):
        assert {f"{name}_test", f"{name}_test_scaffolds"} <= set(found.index)
    assert metrics(out, "floor")["num_molecules"] == 4


def test_moses_that_was_not_fetched_is_one_line_that_says_how(
    molvae_command: RunMolvae, sample_csv: Path
) -> None:
    outcome = molvae_command("evaluate", sample_csv, "--reference", "moses")
    assert outcome.code == 1
    assert len(outcome.err.splitlines()) == 1
    assert "run `molvae data fetch moses`" in outcome.err


def test_a_reference_of_no_molecules_is_no_setting(molvae_command: RunMolvae, sample_csv: Path) -> None:
    outcome = molvae_command("evaluate", sample_csv, "--max-reference", 0)
    assert outcome.code == 1
    assert 'max_reference is "0"; allow at least 1 molecule' in outcome.err


def test_without_a_file_the_model_is_sampled_and_what_is_strict_stands_beside_all(
    molvae_command: RunMolvae, tiny_model_dir: Path, tiny_csv: Path, tmp_path: Path
) -> None:
    out, drawn = tmp_path / "metrics.csv", tmp_path / "drawn.csv"
    argv = ["--temperature", 0.7, "--seed", 5]  # all of these draws are molecules
    outcome = molvae_command(
        "evaluate", "--model", tiny_model_dir, "-n", 60, "--reference", tiny_csv, *argv, "--out", out
    )
    assert outcome.code == 0
    assert outcome.out.splitlines()[0].split() == ["metric", "all", "strict", "reference"]
    every, strict = metrics(out, "all"), metrics(out, "strict")
    num_strict = int(strict["num_molecules"])
    assert 0 < num_strict < every["num_molecules"] == 60
    assert every["strict_rate"] == pytest.approx(num_strict / 60)
    assert pd.isna(strict["validity"])
    assert f"60 draws, {num_strict} as the decoder wrote them ({num_strict / 60:.1%})" in outcome.out
    # `all` is what a file of the same draws is
    assert molvae_command("sample", tiny_model_dir, "-n", 60, *argv, "--out", drawn).code == 0
    argv = ["evaluate", drawn, "--model", tiny_model_dir, "--reference", tiny_csv, "--seed", 5]
    assert molvae_command(*argv, "--out", tmp_path / "of_file.csv").code == 0
    of_file = metrics(tmp_path / "of_file.csv")
    assert "strict_rate" not in of_file
    pd.testing.assert_series_equal(every.drop("strict_rate"), of_file, check_names=False)


def test_a_model_is_measured_without_a_reference_too(molvae_command: RunMolvae, tiny_model_dir: Path) -> None:
    outcome = molvae_command("evaluate", "--model", tiny_model_dir, "-n", 20)
    assert outcome.code == 0
    names = [line.split()[0] for line in outcome.out.splitlines()]
    assert names[:3] == ["metric", "strict_rate", "num_molecules"]
    assert "novelty" in names


def test_what_is_measured_is_said_once(
    molvae_command: RunMolvae, sample_csv: Path, tiny_model_dir: Path
) -> None:
    outcome = molvae_command("evaluate", "--training", sample_csv)
    assert outcome.code == 1
    assert "nothing to measure: give a FILE of molecules, or a --model to sample from" in outcome.err
    outcome = molvae_command("evaluate", sample_csv, "--model", tiny_model_dir, "-n", 5)
    assert outcome.code == 1
    assert f'--num-samples is about draws of a model: leave "{sample_csv}" out' in outcome.err


@pytest.mark.parametrize(
    ("flag", "value", "message"),
    [
        ("-n", 0, 'num_samples is "0"; ask for at least 1'),
        ("--temperature", -1, 'temperature is "-1.0"; it must not be negative'),
        ("--level", 2, 'level is "2.0"; it must be from 0 to 1'),
    ],
)
def test_draws_that_can_not_be_are_refused(
    flag: str, value: int, message: str, molvae_command: RunMolvae, tiny_model_dir: Path
) -> None:
    assert message in molvae_command("evaluate", "--model", tiny_model_dir, flag, value).err
