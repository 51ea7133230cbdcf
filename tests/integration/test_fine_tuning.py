"""Training that starts from another model: old tokens stay, new symbols get rows, none is forgotten."""

import dataclasses
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import molvae
from molvae.data.scaling import PropertyScaler
from molvae.data.screening import CurationSettings
from molvae.errors import OutputExistsError, SettingsError
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.model_folder import read_manifest
from molvae.generation.prediction import predict_properties
from molvae.models.autoencoder import Autoencoder
from molvae.training.request import RunSettings
from molvae.training.transfer import adopted_settings, transfer
from tests.command_line import RunMolvae


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


def test_a_base_model_of_the_same_properties_says_the_same_in_the_new_scale(
    tiny_model: MoleculeModel, tiny_csv: Path, tmp_path: Path
) -> None:
    known = pd.read_csv(tiny_csv)
    scaler = PropertyScaler.fit(
        ("logP", "QED"), ("regression", "regression"), known[["logP", "QED"]][:40].to_numpy()
    )
    assert scaler.means != tiny_model.scaler.means  # type: ignore[union-attr]
    network = Autoencoder(tiny_model.network.settings, tiny_model.tokenizer.vocab_size, [False, False])
    transfer(tiny_model, network, scaler)
    latents = torch.from_numpy(tiny_model.encode(known["smiles"][:5].tolist()))
    assert tiny_model.network.head is not None
    assert tiny_model.scaler is not None
    assert network.head is not None
    before = predict_properties(
        tiny_model.network.head, tiny_model.scaler._replace(spread_factors=(1.0, 1.0)), latents
    )
    after = predict_properties(network.head, scaler, latents)
    np.testing.assert_allclose(after.mean, before.mean, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(after.spread, before.spread, rtol=1e-4)


def test_a_head_of_other_properties_or_kinds_is_begun_anew(tiny_model: MoleculeModel) -> None:
    assert tiny_model.scaler is not None
    other = Autoencoder(tiny_model.network.settings, tiny_model.tokenizer.vocab_size, [False, True])
    before = [weight.clone() for weight in other.head.parameters()]  # type: ignore[union-attr]
    transfer(tiny_model, other, tiny_model.scaler._replace(kinds=("regression", "yes/no")))
    assert all(torch.equal(a, b) for a, b in zip(before, other.head.parameters(), strict=True))  # type: ignore[union-attr]
    for name, weight in tiny_model.network.encoder.state_dict().items():
        assert torch.equal(weight, other.encoder.state_dict()[name])


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"latent_dim": 7}, 'latent_dim is "7", but the base model has "16"'),
        ({"bottleneck": "deterministic"}, 'bottleneck is "deterministic", but the base model has "gaussian"'),
        ({"num_merges": 0}, 'num_merges is "0", but the base model has "30"'),
    ],
)
def test_a_setting_that_contradicts_the_base_model_is_refused(
    tiny_model_dir: Path, tiny_csv: Path, tmp_path: Path, chosen: dict[str, Any], words: str
) -> None:
    with pytest.raises(SettingsError, match=re.escape(words)):
        molvae.train(tiny_csv, tmp_path / "tuned", base_model=tiny_model_dir, **chosen)
    assert not (tmp_path / "tuned").exists()


def test_what_the_base_model_has_may_be_said_again_and_its_curation_goes_on(
    tiny_model: MoleculeModel,
) -> None:
    base = dataclasses.replace(tiny_model, curation=CurationSettings(neutralize=True, max_symbols=90))
    asked = RunSettings.gathered({"latent_dim": 16, "max_symbols": 70}, {}, "test")
    adopted = adopted_settings(asked, base)
    assert adopted.network == tiny_model.network.settings
    assert (adopted.curation.neutralize, adopted.curation.max_symbols) == (True, 70)


def test_a_model_is_not_fine_tuned_into_its_own_folder(tiny_model_dir: Path, tiny_csv: Path) -> None:
    with pytest.raises(OutputExistsError, match="is the base model itself; give another folder"):
        molvae.train(tiny_csv, tiny_model_dir, base_model=tiny_model_dir, overwrite=True)
    assert molvae.load(tiny_model_dir).latent_dim == 16


def test_held_out_molecules_that_the_base_model_knows_are_counted(
    tiny_model_dir: Path, tiny_csv: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    molvae.train(tiny_csv, tmp_path / "tuned", base_model=tiny_model_dir, max_steps=1)
    assert "20 of 20 held-out molecules were in the base model's table" in caplog.text


def test_the_record_of_a_fine_tuned_model_identifies_its_base(
    tiny_model_dir: Path, tiny_csv: Path, tmp_path: Path
) -> None:
    tuned = molvae.train(tiny_csv, tmp_path / "tuned", base_model=tiny_model_dir, max_steps=1)
    assert tuned.facts["run"]["base_model"] == tiny_model_dir.name
    assert tuned.facts["run"]["base_model_checksum"] == read_manifest(tiny_model_dir)["checksum"]


def test_fragments_are_learned_in_fine_tuning_though_the_base_never_heard_of_them(
    tiny_model: MoleculeModel, tiny_model_dir: Path, tiny_csv: Path, tmp_path: Path
) -> None:
    asked = {"base_model": tiny_model_dir, "fingerprint_bits": 64, "max_steps": 2}
    tuned = molvae.train(tiny_csv, tmp_path / "tuned", **asked)  # type: ignore[arg-type]
    assert tuned.network.settings == dataclasses.replace(tiny_model.network.settings, fingerprint_bits=64)
    assert tuned.network.fingerprint_head is not None
    again = molvae.train(
        tiny_csv, tmp_path / "again", base_model=tmp_path / "tuned", max_steps=1, learning_rate=1e-9
    )
    assert again.network.fingerprint_head is not None
    torch.testing.assert_close(
        again.network.fingerprint_head.logits.weight, tuned.network.fingerprint_head.logits.weight
    )


def test_a_language_model_goes_along_and_can_be_taught_more(
    tiny_model_dir: Path, tiny_csv: Path, tmp_path: Path, molvae_command: RunMolvae
) -> None:
    base, tuned = tmp_path / "base", tmp_path / "tuned"
    prior = ("--prior", "language-model", "--steps")
    assert molvae_command("fit-prior", tiny_model_dir, tiny_csv, *prior, 60, "--out", base).code == 0
    told = ("--prior", "conditional", "--steps", 2, "--told", "logP")
    assert molvae_command("fit-prior", base, tiny_csv, *told).code == 0
    file = quaternary(tmp_path / "charged.csv", pd.read_csv(tiny_csv)["smiles"].tolist())
    model = molvae.train(file, tuned, base_model=base, max_steps=2, batch_size=16)
    priors = molvae.load(base).facts["priors"]
    assert model.facts["priors"] == priors
    assert list(priors) == ["language-model", "conditional"]
    fitted = priors["language-model"]
    assert model.language_model is not None
    assert model.conditional is not None
    assert model.sample(3, prior="language-model")
    num_known = model.language_model.tokenizer.vocab_size
    more = tmp_path / "more"
    assert molvae_command("fit-prior", tuned, file, *prior, 1, "--out", more).code == 0
    wider = molvae.load(more).language_model
    assert wider is not None
    assert wider.network.vocab_size == wider.tokenizer.vocab_size > num_known
    assert molvae_command("fit-prior", tuned, tiny_csv, *prior, 1).code == 0
    nats = molvae.load(tuned).facts["priors"]["language-model"]["nats"]
    assert nats == pytest.approx(fitted["nats"], rel=0.05)  # where the base left off
