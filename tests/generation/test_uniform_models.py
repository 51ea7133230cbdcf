"""Models on a cube and on a sphere: trained as any other, and drawn from their own prior."""

from pathlib import Path

import numpy as np
import pytest

from molvae.data.preparation import TokenizerSettings
from molvae.data.table_settings import TableSettings
from molvae.errors import SettingsError
from molvae.generation.denoising import denoise
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.model_folder import load_model
from molvae.generation.prior_fitting import PriorSettings
from molvae.generation.prior_measuring import fit_and_measure
from molvae.interfaces import FloatArray
from molvae.models.autoencoder import AutoencoderSettings
from molvae.models.posteriors import HALF_SIDE
from molvae.studies.model_facts import describe_model
from molvae.training.request import RunRequest, RunSettings
from molvae.training.run import train_model
from molvae.training.settings import TrainingSettings
from tests.command_line import RunMolvae

KINDS = ("hypercube", "hypersphere")


@pytest.fixture(scope="module", params=KINDS)
def folder(request: pytest.FixtureRequest, tiny_csv: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model with a head, trained for some steps."""
    out = tmp_path_factory.mktemp("uniform") / str(request.param)
    settings = RunSettings(
        table=TableSettings(properties=("logP",), num_workers=0),
        tokenizer=TokenizerSettings(num_merges=30),
        network=AutoencoderSettings(
            bottleneck=request.param, latent_dim=8, embedding_dim=8, encoder_dim=16, decoder_dim=16,
            head_dim=8, head_members=2,
        ),
        training=TrainingSettings(
            max_steps=12, batch_size=32, learning_rate=5e-3, precision="float32", device="cpu"
        ),
    )  # fmt: skip
    train_model(RunRequest(file=tiny_csv, out=out, cache=out.parent / "cache", settings=settings))
    return out


@pytest.fixture
def model(folder: Path) -> MoleculeModel:
    return load_model(folder)


def is_placed(model: MoleculeModel, latents: FloatArray) -> bool:
    if model.bottleneck == "hypercube":
        return bool((np.abs(latents) <= HALF_SIDE + 1e-5).all())
    return bool(np.allclose(np.square(latents).sum(axis=-1), model.latent_dim, rtol=1e-4))


def test_its_own_prior_is_the_uniform_one(model: MoleculeModel) -> None:
    assert model.prior_names == ("uniform", "gaussian")
    assert model.default_prior == "uniform"
    drawn = model.sample_latents(200, np.random.default_rng(1))
    assert is_placed(model, drawn)
    assert float(np.square(drawn).mean()) == pytest.approx(1.0, abs=0.1)
    np.testing.assert_array_equal(drawn, model.sample_latents(200, np.random.default_rng(1), "uniform"))
    assert len(model.sample(5, seed=3)) == 5
    with pytest.raises(SettingsError, match='prior is "standard-normal"; choose one of uniform, gaussian'):
        model.sample_latents(3, np.random.default_rng(0), "standard-normal")
    assert describe_model(model)["kind"] == f"VAE on a {model.bottleneck}"


def test_only_a_model_on_a_cube_or_sphere_has_a_uniform_prior(tiny_model: MoleculeModel) -> None:
    with pytest.raises(SettingsError, match='prior is "uniform"; choose one of standard-normal, gaussian'):
        tiny_model.sample(3, prior="uniform")


def test_means_and_draws_of_posteriors_are_latents_that_there_are(
    model: MoleculeModel, drug_smiles: list[str]
) -> None:
    smiles = model.readable(drug_smiles).smiles[:6]
    mean, spread = model.posterior(smiles)
    assert is_placed(model, mean)
    draws = model.posterior_samples(smiles, 4_000, seed=2)
    assert is_placed(model, draws)
    np.testing.assert_allclose(
        np.square(draws - mean[:, None]).mean(axis=(1, 2)), np.square(spread).mean(axis=1), rtol=0.05
    )
    np.testing.assert_array_equal(draws, model.posterior_samples(smiles, 4_000, seed=2))
    assert list(model.reconstruct(smiles)["smiles"]) == list(smiles)
    assert denoise(model, list(smiles), 3).table["place"].nunique() == len(smiles)


def test_what_is_off_it_decodes_and_is_predicted_as_the_nearest_place(model: MoleculeModel) -> None:
    far = 5 * np.random.default_rng(0).standard_normal((4, model.latent_dim))
    if model.bottleneck == "hypercube":
        near = np.clip(far, -HALF_SIDE, HALF_SIDE)
    else:
        near = far / np.linalg.norm(far, axis=1, keepdims=True) * np.sqrt(model.latent_dim)
    assert model.decode(far) == model.decode(near)
    np.testing.assert_allclose(model.predict(far).mean, model.predict(near).mean, rtol=1e-3)
    slope = model.predict_gradient(far, "logP").slope
    assert np.isfinite(slope).all()


def test_fitted_priors_are_drawn_onto_it_and_judged_beside_it(model: MoleculeModel) -> None:
    latents = model.sample_latents(300, np.random.default_rng(0))
    found = fit_and_measure(model, "mixture", latents, PriorSettings(components=2))
    assert is_placed(model, found.model.sample_latents(50, np.random.default_rng(1), "mixture"))
    on_cube = model.bottleneck == "hypercube"
    assert found.log_densities.keys() == {"gaussian", "mixture"} | ({"uniform"} if on_cube else set())
    if on_cube:
        assert found.log_densities["uniform"] == pytest.approx(-8 * np.log(2 * HALF_SIDE))


@pytest.mark.parametrize("optimizer", ["gradient-ascent", "cma-es"])
def test_it_is_optimized_in(optimizer: str, folder: Path, molvae_command: RunMolvae, tmp_path: Path) -> None:
    out = tmp_path / "better"
    argv = [
        "optimize",
        folder,
        "--maximize",
        "logP",
        "--budget",
        12,
        "--from-smiles",
        "CCO",
        "--from-smiles",
        "c1ccccc1",
    ]
    outcome = molvae_command(*argv, "--optimizer", optimizer, "--out", out)
    assert outcome.code == 0, outcome.err
    assert len((out / "oracle.csv").read_text(encoding="utf-8").splitlines()) == 13


def test_a_page_tells_of_it(folder: Path, molvae_command: RunMolvae, tiny_csv: Path, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    outcome = molvae_command("report", folder, "--out", out, "--data", tiny_csv, "--molecule", "CCO")
    assert outcome.code == 0, outcome.err
    assert f"VAE on a {folder.name}" in out.read_text(encoding="utf-8")
