"""Priors of a model: fitted to latents, drawn from by name, there and back on disk."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from molvae.errors import InputError, ModelFolderError, SettingsError
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.model_folder import FILES, MANIFEST, load_model, save_model
from molvae.generation.prior_fitting import FittedPriorName, PriorSettings, prior_from_state
from molvae.interfaces import FloatArray
from molvae.models.prior import FITTED_PRIORS

QUICK = PriorSettings(steps=3, components=2)
EVERY = pytest.mark.parametrize("name", list(FITTED_PRIORS))


@pytest.fixture(scope="module")
def latents() -> FloatArray:
    """Far from where the model's own latents are."""
    return 5 + np.random.default_rng(0).standard_normal((60, 16))


@pytest.fixture(scope="module")
def rich_model(tiny_model: MoleculeModel, latents: FloatArray) -> MoleculeModel:
    """The tiny model with a mixture and a flow."""
    return tiny_model.with_prior("mixture", latents, QUICK).with_prior("flow", latents, QUICK)


@EVERY
def test_draws_of_a_fitted_prior_lie_where_it_was_fitted(
    name: FittedPriorName, tiny_model: MoleculeModel, latents: FloatArray
) -> None:
    model = tiny_model.with_prior(name, latents, QUICK)
    draws = model.sample_latents(500, np.random.default_rng(1), name)
    np.testing.assert_allclose(draws.mean(axis=0), latents.mean(axis=0), atol=0.3)
    np.testing.assert_array_equal(draws, model.sample_latents(500, np.random.default_rng(1), name))
    assert len(model.sample(5, prior=name)) == 5


def test_the_model_that_a_prior_is_fitted_for_stays_as_it_is(
    tiny_model: MoleculeModel, rich_model: MoleculeModel
) -> None:
    assert tiny_model.prior_names == ("standard-normal", "gaussian")
    assert rich_model.prior_names == ("standard-normal", "gaussian", "mixture", "flow")
    assert rich_model.default_prior == tiny_model.default_prior


def test_the_scale_of_latents_stays_that_of_the_training_molecules(
    tiny_model: MoleculeModel, latents: FloatArray
) -> None:
    refitted = tiny_model.with_prior("gaussian", 10 * latents)
    assert refitted.latent_scale == tiny_model.latent_scale
    assert refitted.with_prior("gaussian", latents).latent_scale == tiny_model.latent_scale


def test_codes_of_a_noisy_model_are_drawn_on_their_sphere(
    noisy_model: MoleculeModel, latents: FloatArray
) -> None:
    model = noisy_model.with_prior("mixture", latents, QUICK).with_prior("flow", latents, QUICK)
    assert model.prior_names == ("standard-normal", "gaussian", "mixture", "flow", "language-model")
    for name in ("gaussian", "mixture", "flow"):
        draws = model.sample_latents(50, np.random.default_rng(1), name)
        np.testing.assert_allclose((draws**2).sum(axis=1), 16, rtol=1e-4)


def test_a_prior_that_a_model_lacks_is_refused_with_what_makes_it(
    tiny_model: MoleculeModel, rich_model: MoleculeModel
) -> None:
    lacking = (
        r'^prior is "flow"; choose one of standard-normal, gaussian; '
        r"molvae fit-prior makes mixture, flow, language-model, conditional$"
    )
    with pytest.raises(SettingsError, match=lacking):
        tiny_model.sample(2, prior="flow")
    with pytest.raises(SettingsError, match=lacking):
        tiny_model.with_default_prior("flow")
    with pytest.raises(
        SettingsError, match=r'prior is "language-model"; .* fit-prior makes language-model, conditional$'
    ):
        rich_model.sample(2, prior="language-model")


def test_latents_that_can_not_be_fitted_are_refused(tiny_model: MoleculeModel, latents: FloatArray) -> None:
    with pytest.raises(
        InputError, match="a mixture of 2 needs at least 4 latents, got 3; give more molecules"
    ):
        tiny_model.with_prior("mixture", latents[:3], QUICK)
    with pytest.raises(InputError, match="latents hold NaN or infinity"):
        tiny_model.with_prior("gaussian", latents * np.nan)
    with pytest.raises(InputError, match="this model's have 16 columns"):
        tiny_model.with_prior("gaussian", latents[:, :3])
    with pytest.raises(
        SettingsError, match='prior is "language-model"; one of gaussian, mixture, flow can be'
    ):
        tiny_model.with_prior("language-model", latents)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"components": 0}, 'components is "0"'),
        ({"seed": -1}, 'seed is "-1"'),
        ({"steps": 0}, 'steps is "0"; it must be at least 1'),
        ({"minutes": 0.0}, 'minutes is "0.0"; it must be above 0'),
        ({"minutes": float("inf")}, 'minutes is "inf"; it must be above 0'),
    ],
)
def test_settings_out_of_their_range_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        PriorSettings(**settings)


def test_fitted_priors_and_the_chosen_one_come_back_from_a_folder(
    rich_model: MoleculeModel, tmp_path: Path
) -> None:
    save_model(rich_model.with_default_prior("flow"), tmp_path / "model")
    loaded = load_model(tmp_path / "model")
    assert loaded.prior_names == rich_model.prior_names
    assert loaded.default_prior == "flow"
    for name in ("gaussian", "mixture", "flow"):
        one, two = (model.sample_latents(5, np.random.default_rng(2), name) for model in (rich_model, loaded))
        np.testing.assert_array_equal(one, two)
    default = loaded.sample_latents(5, np.random.default_rng(2))
    np.testing.assert_array_equal(default, loaded.sample_latents(5, np.random.default_rng(2), "flow"))


def test_a_folder_keeps_the_versions_that_the_model_was_made_with(
    rich_model: MoleculeModel, tmp_path: Path
) -> None:
    versions = {"molvae": "0.0.1"}
    model = dataclasses.replace(rich_model, facts={**rich_model.facts, "versions": versions})
    save_model(model, tmp_path / "model")
    manifest = json.loads((tmp_path / "model" / MANIFEST).read_text(encoding="utf-8"))
    assert manifest["versions"] == load_model(tmp_path / "model").facts["versions"] == versions
    assert "versions" not in manifest["facts"]


@pytest.mark.parametrize("harm", ["lost", "swapped"])
def test_a_prior_that_was_lost_or_swapped_is_noticed(
    harm: str, rich_model: MoleculeModel, tmp_path: Path
) -> None:
    save_model(rich_model, tmp_path / "model")
    path = tmp_path / "model" / "prior-flow.safetensors"
    path.unlink()
    if harm == "swapped":
        path.write_bytes((tmp_path / "model" / "prior-mixture.safetensors").read_bytes())
    with pytest.raises(ModelFolderError, match=r'prior-flow.safetensors".*copy the whole folder again'):
        load_model(tmp_path / "model")


def test_a_model_without_it_takes_another_models_prior_out_of_the_folder(
    tiny_model: MoleculeModel, rich_model: MoleculeModel, tmp_path: Path
) -> None:
    save_model(rich_model, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} - {MANIFEST, *FILES} == {
        "prior-mixture.safetensors",
        "prior-flow.safetensors",
    }
    save_model(tiny_model, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {MANIFEST, *FILES}
    assert load_model(tmp_path).prior_names == tiny_model.prior_names


def test_weights_of_something_else_are_no_prior(rich_model: MoleculeModel) -> None:
    state = rich_model.priors["mixture"].state_dict()
    with pytest.raises(ModelFolderError, match='the weights are not those of a prior "flow"'):
        prior_from_state("flow", state, 16)
    with pytest.raises(ModelFolderError, match='the prior "mixture" is of 16 latents, the model has 8'):
        prior_from_state("mixture", state, 8)
