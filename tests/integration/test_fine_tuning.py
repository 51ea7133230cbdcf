"""Training that starts from another model: old tokens stay, new symbols get rows, none is forgotten."""

from pathlib import Path

import pandas as pd
import pytest
import torch

import molvae
from molvae.errors import SettingsError
from molvae.generation.latent_model import MoleculeModel


def quaternary(path: Path, smiles: list[str]) -> Path:
    """A table of molecules, half of them with a symbol that MOSES lacks, and a yes/no column."""
    charged = [f"C[N+](C)(C)CC{'C' * index}O" for index in range(30)]
    table = pd.DataFrame({"smiles": [*smiles[:30], *charged], "charged": ["no"] * 30 + ["yes"] * 30})
    table.to_csv(path, index=False)
    return path


def test_a_model_is_fine_tuned_on_molecules_with_a_new_symbol(
    tiny_model: MoleculeModel, tiny_model_dir: Path, tiny_csv: Path, tmp_path: Path
) -> None:
    known = pd.read_csv(tiny_csv)["smiles"].tolist()
    file = quaternary(tmp_path / "charged.csv", known)
    tuned = molvae.train(
        file,
        tmp_path / "tuned",
        base_model=tiny_model_dir,
        properties=["charged"],
        max_steps=5,
        valid_every=5,
        batch_size=16,
        valid_rate=0.2,
    )
    num_old = len(tiny_model.tokenizer.tokens)
    assert tuned.tokenizer.tokens[:num_old] == tiny_model.tokenizer.tokens
    assert "[N+1]" in tuned.tokenizer.tokens[num_old:]
    assert tuned.property_names == ("charged",)
    assert tuned.network.settings == tiny_model.network.settings
    assert tuned.encode(["C[N+](C)(C)CCO"]).shape == (1, tiny_model.latent_dim)
    old = tiny_model.network.decoder.gates.embedding.weight
    new = tuned.network.decoder.gates.embedding.weight[: len(old)]
    assert torch.nn.functional.cosine_similarity(old, new).mean() > 0.9
    assert tuned.training_keys.contains(known).all()
    assert "C[N+](C)(C)CCO" in tuned.training_keys


def test_one_text_is_no_list_of_properties(tiny_csv: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r'properties is the text "logP"; give a list'):
        molvae.train(tiny_csv, tmp_path / "model", properties="logP")
