"""molvae quickstart, and the study behind it."""

from pathlib import Path

import pandas as pd
import pytest

from molvae.commands import quickstart as command
from molvae.generation.model_folder import load_model
from molvae.models.autoencoder import AutoencoderSettings
from molvae.studies.quickstart import QuickstartPlan, quickstart
from tests.command_line import RunMolvae

SMALL = AutoencoderSettings(latent_dim=16, embedding_dim=16, encoder_dim=32, decoder_dim=32, head_dim=16)


def test_it_leaves_a_model_molecules_better_ones_and_figures(
    molvae_command: RunMolvae, tiny_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def small(plan: QuickstartPlan) -> object:
        less = {"minutes": 0.02, "num_samples": 30, "budget": 12, "network": SMALL, "file": tiny_csv}
        return quickstart(QuickstartPlan(**(vars(plan) | less)))

    monkeypatch.setattr(command, "quickstart", small)
    out = tmp_path / "first"
    outcome = molvae_command("quickstart", "--out", out, "--seed", 3)
    assert outcome.code == 0
    metrics = pd.read_csv(out / "metrics.csv").set_index("metric")["value"]
    model = load_model(out / "model")
    assert metrics["exact reconstruction"] == pytest.approx(model.facts["test"]["reconstruction"])
    assert 0 < metrics["uniqueness"] <= 1
    assert len(pd.read_csv(out / "molecules.csv")) == 30
    for name in ("QED", "logP"):
        calls = pd.read_csv(out / f"optimize-{name}" / "oracle.csv")
        assert len(calls) == 12
        assert metrics[f"best {name}"] == pytest.approx(calls["score"].max())
    assert max(map(len, outcome.out.splitlines())) < 120 + len(str(out))
    for path in (out / "model", out / "molecules.csv", out / "metrics.csv", out / "optimize-QED"):
        assert str(path) in outcome.out


def test_an_earlier_quickstart_is_not_overwritten(molvae_command: RunMolvae, tmp_path: Path) -> None:
    outcome = molvae_command("quickstart", "--out", tmp_path)
    assert outcome.code == 1
    assert outcome.err.endswith(
        "exists, perhaps from an earlier quickstart; remove it, or give another folder with --out\n"
    )
