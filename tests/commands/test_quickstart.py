"""molvae quickstart, and the study behind it."""

import os
from pathlib import Path

import pandas as pd
import pytest

from molvae.commands import quickstart as command
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.model_folder import load_model
from molvae.studies.quickstart import Figure, QuickstartPlan, quickstart
from tests.command_line import RunMolvae


@pytest.fixture
def plans(tiny_model_dir: Path, monkeypatch: pytest.MonkeyPatch) -> list[QuickstartPlan]:
    """What the command planned; less is done, with the tiny model in place of one that comes with molvae."""
    planned: list[QuickstartPlan] = []

    def small(plan: QuickstartPlan) -> list[Figure]:
        planned.append(plan)
        less = {"minutes": 0.02, "num_samples": 30, "budget": 12, "base": tiny_model_dir}
        return quickstart(QuickstartPlan(**(vars(plan) | less)))

    monkeypatch.setattr(command, "quickstart", small)
    return planned


def test_it_samples_fine_tunes_on_a_table_and_optimizes(
    molvae_command: RunMolvae,
    plans: list[QuickstartPlan],
    tiny_model: MoleculeModel,
    tiny_csv: Path,
    tmp_path: Path,
) -> None:
    out = tmp_path / "first"
    outcome = molvae_command("quickstart", tiny_csv, "--out", out, "--seed", 3, "--property", "logP")
    assert outcome.code == 0, outcome.err
    assert plans[0].properties == ("logP",)
    table = pd.read_csv(out / "metrics.csv").set_index("metric")
    metrics, tuned = table["value"], load_model(out / "model")
    assert tuned.property_names == ("logP",)
    assert tuned.facts["run"]["base_model_checksum"]
    assert metrics["exact reconstruction"] == pytest.approx(tuned.facts["test"]["reconstruction"])
    assert metrics["R2 of logP"] == pytest.approx(tuned.facts["test"]["property_r2"]["logP"], rel=1e-3)
    assert "100% known to the base model" in table["remark"]["R2 of logP"]
    assert pd.read_csv(out / "molecules.csv")["smiles"].tolist() == tiny_model.sample(30, seed=3)
    assert pd.read_csv(out / "tuned_molecules.csv")["smiles"].tolist() == tuned.sample(30, seed=3)
    for name in ("QED", "logP"):
        calls = pd.read_csv(out / f"optimize-{name}" / "oracle.csv")
        assert (out / f"optimize-{name}" / "report.html").is_file()
        assert len(calls) == 12
        assert metrics[f"best {name}"] == pytest.approx(calls["score"].max())
    assert max(map(len, outcome.out.splitlines())) < 130 + len(str(out))
    for name in ("model", "molecules.csv", "tuned_molecules.csv", "metrics.csv", "optimize-QED"):
        assert str(out / name) in outcome.out


def test_without_a_file_it_takes_the_table_that_comes_with_molvae(
    molvae_command: RunMolvae, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned: list[QuickstartPlan] = []

    def planning(plan: QuickstartPlan) -> list[Figure]:
        planned.append(plan)
        return [Figure("uniqueness", 1.0, "of none")]

    monkeypatch.setattr(command, "quickstart", planning)
    assert molvae_command("quickstart", "--out", tmp_path / "first").code == 0
    assert planned[0].file.name == "moses_10k.csv"
    assert planned[0].properties == ("logP", "QED", "SA")
    assert os.fspath(planned[0].base) == "moses"


def test_an_earlier_quickstart_is_not_overwritten(molvae_command: RunMolvae, tmp_path: Path) -> None:
    outcome = molvae_command("quickstart", "--out", tmp_path)
    assert outcome.code == 1
    assert outcome.err.endswith(
        "exists, perhaps from an earlier quickstart; remove it, or give another folder with --out\n"
    )


@pytest.mark.usefixtures("plans")
def test_a_table_that_can_not_be_used_leaves_no_folder(
    molvae_command: RunMolvae, tiny_csv: Path, tmp_path: Path
) -> None:
    outcome = molvae_command("quickstart", tmp_path / "none.csv", "--out", tmp_path / "first")
    assert outcome.code == 1
    assert "none.csv" in outcome.err
    outcome = molvae_command("quickstart", tiny_csv, "--out", tmp_path / "first", "--property", "pIC50")
    assert outcome.code == 1
    assert "pIC50" in outcome.err
    assert not (tmp_path / "first").exists()
