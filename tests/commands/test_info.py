"""molvae info."""

import json
from pathlib import Path

import torch

from molvae.generation.latent_model import MoleculeModel
from tests.command_line import RunMolvae


def test_the_facts_of_a_model_are_shown(
    molvae_command: RunMolvae, tiny_model_dir: Path, tiny_model: MoleculeModel
) -> None:
    outcome = molvae_command("info", tiny_model_dir)
    shown = dict(line.split("  ", 1) for line in outcome.out.splitlines())
    shown = {name.strip(): value.strip() for name, value in shown.items()}
    facts = json.loads((tiny_model_dir / "model.json").read_text(encoding="utf-8"))["facts"]
    assert shown["kind"] == "VAE"
    assert shown["latents"] == "16"
    assert shown["weights"] == f"{sum(weight.numel() for weight in tiny_model.network.parameters()):,}"
    assert shown["properties"] == "logP, QED"
    assert shown["data"] == "tiny.csv: 200 rows: 200 kept, 0 dropped; 180 trained on"
    assert shown["training"].startswith("60 steps, ")
    assert shown["valid"].startswith(f"reconstruction {facts['valid']['reconstruction']:.3f}, KL ")
    assert f"torch {torch.__version__}" in shown["versions"]
    assert shown["priors"] == "standard-normal (default), gaussian"
    assert shown["seed"] == "0"
