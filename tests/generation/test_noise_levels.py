"""Noise levels as a user meets them: a dial from the molecule itself to any molecule."""

import numpy as np
import pytest
import torch

from molvae.errors import InputError, SettingsError
from molvae.generation import decoding
from molvae.generation.language_model_prior import MIN_BATCH, LanguageModelPrior
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.writers import UnpromptedDecoder


def test_posterior_samples_at_a_level_are_as_far_off_as_it_says(
    noisy_model: MoleculeModel, drug_smiles: list[str]
) -> None:
    smiles = noisy_model.readable(drug_smiles).smiles[:5]
    codes = noisy_model.encode(smiles)
    draws = noisy_model.posterior_samples(smiles, 2000, level=0.6)
    np.testing.assert_allclose(draws.mean(axis=1), 0.8 * codes, atol=0.08)
    assert draws.std(axis=1).mean() == pytest.approx(0.6, abs=0.01)
    np.testing.assert_allclose(noisy_model.posterior_samples(smiles, 1)[:, 0], codes, rtol=1e-6)


def test_a_level_that_the_model_has_not_is_refused(
    tiny_model: MoleculeModel, noisy_model: MoleculeModel
) -> None:
    with pytest.raises(SettingsError, match=r'level is "0.5", but the decoder .* --bottleneck noisy'):
        tiny_model.sample(3, level=0.5)
    with pytest.raises(SettingsError, match=r'level is "1.5"; give a noise level from 0'):
        noisy_model.decode(np.zeros(noisy_model.latent_dim), level=1.5)
    with pytest.raises(SettingsError, match=r'prior is "language-model"; choose one of standard-normal, gau'):
        tiny_model.sample(3, prior="language-model")


def prior_of(model: MoleculeModel, max_length: int | None = None) -> LanguageModelPrior:
    length = model.max_length if max_length is None else max_length
    writer = UnpromptedDecoder(model.network, model.tokenizer, length)
    return LanguageModelPrior(model.network, model.tokenizer, writer)


def test_the_language_models_prior_encodes_what_the_decoder_writes(noisy_model: MoleculeModel) -> None:
    assert noisy_model.default_prior == "language-model"
    codes = prior_of(noisy_model).sample(50, torch.Generator().manual_seed(1))
    assert codes.shape == (50, noisy_model.latent_dim)
    np.testing.assert_allclose(codes.square().sum(dim=1), noisy_model.latent_dim, rtol=1e-4)
    assert torch.equal(codes, prior_of(noisy_model).sample(50, torch.Generator().manual_seed(1)))
    assert prior_of(noisy_model).sample(0).shape == (0, noisy_model.latent_dim)


def test_the_language_models_prior_keeps_the_drafts_that_are_canonical(
    noisy_model: MoleculeModel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    texts = ["[O][=C][C]", "[C][C][=O]", "[C][F][C]", "[C][C][O]"]  # another's start, two good ones, a repair
    drafts = [noisy_model.tokenizer.to_ids(text) for text in texts]
    ids = torch.zeros(MIN_BATCH, 12, dtype=torch.long)
    lengths = torch.full((MIN_BATCH,), 13)  # the others have not ended
    for row, draft in enumerate(drafts):
        ids[row, : len(draft)] = torch.from_numpy(draft.astype(np.int64))
        lengths[row] = len(draft)
    monkeypatch.setattr(noisy_model.network.decoder, "generate", lambda *_, **__: (ids, lengths))
    with caplog.at_level("DEBUG"):
        codes = prior_of(noisy_model, 12).sample(3)
    two = noisy_model.encode(["CC=O", "CCO"])
    np.testing.assert_allclose(codes, np.stack([two[0], two[1], two[0]]), atol=1e-5)
    assert "128 drafts for 3 molecules" in caplog.text


def test_worker_processes_find_the_same_draws(
    noisy_model: MoleculeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = prior_of(noisy_model).sample(30, torch.Generator().manual_seed(2))
    monkeypatch.setattr(decoding, "MIN_FOR_WORKERS", 1)
    assert torch.equal(alone, prior_of(noisy_model).sample(30, torch.Generator().manual_seed(2)))


def test_a_decoder_that_writes_no_molecule_is_reported(noisy_model: MoleculeModel) -> None:
    with pytest.raises(InputError, match=r"12,800 molecules .* only 0 could be .* train it longer, or"):
        prior_of(noisy_model, 0).sample(5)


def test_sampling_at_a_level_is_repeatable_and_the_level_counts(noisy_model: MoleculeModel) -> None:
    first, again, other = (noisy_model.sample(20, level=level, seed=4) for level in (0.9, 0.9, 0.1))
    assert first == again
    assert first != other
