"""A model in use: the same answer however it is asked, and the distributions it says it has."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from rdkit import Chem

from molvae.errors import InputError, SettingsError
from molvae.generation import decoding, encoding
from molvae.generation.latent_model import MoleculeModel
from molvae.interfaces import FloatArray, LatentModel
from molvae.models.autoencoder import Autoencoder, AutoencoderSettings
from molvae.models.prior import GaussianPrior


@pytest.fixture(scope="module")
def smiles(tiny_csv: Path) -> list[str]:
    """Twenty molecules of many lengths, none of them twice."""
    return sorted(set(pd.read_csv(tiny_csv)["smiles"][:20]))


@pytest.fixture(scope="module")
def latents(tiny_model: MoleculeModel) -> FloatArray:
    """Twelve latents, as far out as those of molecules and farther."""
    return np.random.default_rng(3).standard_normal((12, 16)) * np.linspace(0.5, 3, 12)[:, None]


@pytest.fixture(scope="module")
def plain(tiny_model: MoleculeModel) -> MoleculeModel:
    """An untrained plain autoencoder without a head."""
    sizes = AutoencoderSettings(
        bottleneck="deterministic", latent_dim=16, embedding_dim=8, encoder_dim=8, decoder_dim=8
    )
    torch.manual_seed(0)
    network = Autoencoder(sizes, tiny_model.tokenizer.vocab_size, []).eval().requires_grad_(False)
    return dataclasses.replace(tiny_model, network=network, scaler=None)


def test_a_model_is_what_an_optimizer_expects(tiny_model: MoleculeModel) -> None:
    assert isinstance(tiny_model, LatentModel)
    assert (tiny_model.latent_dim, tiny_model.property_names) == (16, ("logP", "QED"))


def test_a_molecule_alone_has_the_posterior_that_it_has_among_others(
    tiny_model: MoleculeModel, smiles: list[str]
) -> None:
    mean, spread = tiny_model.posterior(smiles)
    assert mean.shape == spread.shape == (20, 16)
    for row, text in enumerate(smiles):
        alone = tiny_model.posterior([text])
        np.testing.assert_allclose(alone[0][0], mean[row], atol=1e-5)
        np.testing.assert_allclose(alone[1][0], spread[row], rtol=1e-4)
    turned = tiny_model.encode(smiles[::-1])
    np.testing.assert_allclose(turned[::-1], mean, atol=1e-5)


def test_many_molecules_are_encoded_as_a_few_are(
    tiny_model: MoleculeModel, smiles: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tiny_model.encode(smiles)
    monkeypatch.setattr(encoding, "ENCODE_BATCH", 3)
    np.testing.assert_allclose(tiny_model.encode(smiles), whole, atol=1e-5)


def test_the_posterior_is_what_the_network_says(tiny_model: MoleculeModel, smiles: list[str]) -> None:
    ids = tiny_model.readable([smiles[4]]).arrays.tokens.astype(np.int64)
    said = tiny_model.network.encode(torch.from_numpy(ids)[None], torch.tensor([len(ids)]))
    mean, spread = tiny_model.posterior([smiles[4]])
    np.testing.assert_allclose(mean, said.mean.numpy(), atol=1e-6)
    np.testing.assert_allclose(spread**2, said.log_variance.exp().numpy(), rtol=1e-5)


def test_another_spelling_of_a_molecule_has_the_same_latents(
    tiny_model: MoleculeModel, smiles: list[str]
) -> None:
    mols = [Chem.MolFromSmiles(text) for text in smiles]
    spelled = [Chem.MolToSmiles(mol, doRandom=True, kekuleSmiles=False) for mol in mols]
    assert spelled != smiles
    np.testing.assert_array_equal(tiny_model.encode(spelled), tiny_model.encode(smiles))
    np.testing.assert_array_equal(tiny_model.encode(["OCC.Cl ethanol"]), tiny_model.encode(["CCO"]))


def test_a_latent_alone_decodes_to_what_it_decodes_to_among_others(
    tiny_model: MoleculeModel, latents: FloatArray
) -> None:
    decoded = tiny_model.decode(latents)
    assert len(set(decoded)) > 6
    assert [tiny_model.decode(row) for row in latents] == [[text] for text in decoded]


def test_many_latents_decode_as_a_few_do(
    tiny_model: MoleculeModel, latents: FloatArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tiny_model.decode(latents)
    monkeypatch.setattr(decoding, "DECODE_BATCH", 5)
    assert tiny_model.decode(latents) == whole


def test_what_is_decoded_is_canonical(tiny_model: MoleculeModel, latents: FloatArray) -> None:
    decoded = list(filter(None, tiny_model.decode(latents, temperature=1)))
    assert [Chem.CanonSmiles(text) for text in decoded] == decoded


def test_greedy_decoding_knows_no_seed_and_drawing_does(
    tiny_model: MoleculeModel, latents: FloatArray
) -> None:
    assert tiny_model.decode(latents, seed=1) == tiny_model.decode(latents, seed=2)
    one, again, other = (tiny_model.decode(latents, temperature=1, seed=seed) for seed in (1, 1, 2))
    assert one == again != other
    assert one != tiny_model.decode(latents)


def test_a_low_temperature_decodes_as_greedy_does(tiny_model: MoleculeModel, latents: FloatArray) -> None:
    assert tiny_model.decode(latents, temperature=1e-6) == tiny_model.decode(latents)


def test_a_reconstruction_is_what_the_mean_decodes_to(tiny_model: MoleculeModel, smiles: list[str]) -> None:
    table = tiny_model.reconstruct(smiles)
    assert table["smiles"].tolist() == [Chem.CanonSmiles(text) for text in smiles]
    assert table["reconstruction"].tolist() == tiny_model.decode(tiny_model.encode(smiles))
    assert table["same"].tolist() == (table["smiles"] == table["reconstruction"]).tolist()


@pytest.mark.parametrize("prior", ["standard-normal", "gaussian"])
def test_draws_of_a_prior_have_its_mean_and_covariance(prior: str, tiny_model: MoleculeModel) -> None:
    draws = tiny_model.sample_latents(40_000, np.random.default_rng(0), prior)  # type: ignore[arg-type]
    mean, covariance = np.zeros(16), np.eye(16)
    if prior == "gaussian":
        factor = tiny_model.gaussian_prior.factor.double().numpy()
        mean, covariance = tiny_model.gaussian_prior.mean.numpy(), factor @ factor.T
    deviation = np.sqrt(covariance.diagonal())
    np.testing.assert_allclose((draws.mean(axis=0) - mean) / deviation, 0, atol=0.02)
    unit = np.cov(draws.T) / np.outer(deviation, deviation)
    np.testing.assert_allclose(unit, covariance / np.outer(deviation, deviation), atol=0.03)


def test_a_prior_is_drawn_from_with_the_callers_generator(tiny_model: MoleculeModel) -> None:
    generator = np.random.default_rng(5)
    first, second = (tiny_model.sample_latents(3, generator) for _ in range(2))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(tiny_model.sample_latents(3, np.random.default_rng(5)), first)


def test_an_unknown_prior_is_refused(tiny_model: MoleculeModel) -> None:
    with pytest.raises(
        SettingsError, match=r'prior is "posterior"; choose one of standard-normal, gaussian; '
    ):
        tiny_model.sample(2, prior="posterior")  # type: ignore[arg-type]


def test_the_scale_of_latents_is_their_root_mean_square_deviation(tiny_model: MoleculeModel) -> None:
    prior = GaussianPrior(2)
    prior.factor.copy_(torch.tensor([[3.0, 0.0], [4.0, 5.0]]))  # variances 9 and 16 + 25
    assert dataclasses.replace(tiny_model, priors={"gaussian": prior}).latent_scale == pytest.approx(5)


def test_each_kind_of_model_has_the_prior_that_it_was_made_for(
    tiny_model: MoleculeModel, plain: MoleculeModel
) -> None:
    assert (tiny_model.bottleneck, tiny_model.default_prior) == ("gaussian", "standard-normal")
    assert (plain.bottleneck, plain.default_prior) == ("deterministic", "gaussian")
    drawn = plain.sample_latents(4, np.random.default_rng(1))
    np.testing.assert_array_equal(drawn, plain.sample_latents(4, np.random.default_rng(1), "gaussian"))


def test_a_plain_autoencoder_has_points_for_posteriors(plain: MoleculeModel, smiles: list[str]) -> None:
    mean, spread = plain.posterior(smiles)
    assert (spread == 0).all()
    draws = plain.posterior_samples(smiles, 3)
    np.testing.assert_array_equal(draws, np.repeat(mean[:, None], 3, axis=1))


def test_a_model_without_a_head_predicts_nothing(plain: MoleculeModel, latents: FloatArray) -> None:
    assert plain.property_names == ()
    message = r"^the model predicts no property; train it with --property$"
    with pytest.raises(InputError, match=message):
        plain.predict(latents)
    with pytest.raises(InputError, match=message):
        plain.predict_gradient(latents, "logP")


def test_nothing_in_gives_nothing_out(tiny_model: MoleculeModel) -> None:
    empty = np.empty((0, 16))
    assert tiny_model.encode([]).shape == (0, 16)
    assert tiny_model.decode(empty) == tiny_model.sample(0) == []
    assert tiny_model.predict(empty).mean.shape == tiny_model.predict(empty).spread.shape == (0, 2)
    assert tiny_model.predict_gradient(empty, "logP").slope.shape == (0, 16)
    assert list(tiny_model.reconstruct([]).columns) == ["smiles", "reconstruction", "same"]
