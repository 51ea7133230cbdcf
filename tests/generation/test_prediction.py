"""What a head says in the properties' units: by hand, and against finite differences."""

import dataclasses

import numpy as np
import pytest
import torch

from molvae.data.scaling import PropertyScaler
from molvae.errors import InputError
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.prediction import predict_properties, property_gradient
from molvae.interfaces import FloatArray
from molvae.models.property_head import PropertyHead

SCALER = PropertyScaler(
    names=("mass", "active"),
    kinds=("regression", "yes/no"),
    means=(300.0, 0.0),
    deviations=(40.0, 1.0),
    spread_factors=(1.5, 1.0),
)


@pytest.fixture
def head() -> PropertyHead:
    """Says of every latent: mass 0.5 with variance 4 + 0.25, active with a logit of 0."""
    head = PropertyHead(3, 4, 2, is_binary=[False, True]).requires_grad_(False)
    head.weights[-1].zero_()
    log_variance = float(np.log(4))
    head.biases[-1].copy_(torch.tensor([[[0.0, 0.0, log_variance, 0.0]], [[1.0, 0.0, log_variance, 0.0]]]))
    return head


@pytest.fixture(scope="module")
def latents() -> FloatArray:
    """Six latents of the tiny model."""
    return np.random.default_rng(0).standard_normal((6, 16))


def test_predictions_are_in_the_units_of_the_properties(head: PropertyHead) -> None:
    predictions = predict_properties(head, SCALER, torch.zeros(2, 3))
    np.testing.assert_allclose(predictions.mean, [[320, 0.5]] * 2)
    np.testing.assert_allclose(predictions.spread[:, 0], [1.5 * 40 * 4.25**0.5] * 2, rtol=1e-6)
    assert np.isnan(predictions.spread[:, 1]).all()


def test_a_predicted_spread_scales_with_its_factor_and_nothing_else_does(
    tiny_model: MoleculeModel, latents: FloatArray
) -> None:
    scaler = tiny_model.scaler
    assert scaler is not None
    before = tiny_model.predict(latents)
    factors = (3 * scaler.spread_factors[0], scaler.spread_factors[1])
    wider = dataclasses.replace(tiny_model, scaler=scaler._replace(spread_factors=factors)).predict(latents)
    np.testing.assert_array_equal(wider.mean, before.mean)
    np.testing.assert_allclose(wider.spread, before.spread * [3, 1])
    assert (before.spread > 0).all()


@pytest.mark.parametrize("name", ["logP", "QED"])
def test_the_slope_of_a_prediction_agrees_with_finite_differences(
    name: str, tiny_model: MoleculeModel, latents: FloatArray
) -> None:
    index, step = tiny_model.property_names.index(name), 2e-3
    value, slope = tiny_model.predict_gradient(latents, name)
    np.testing.assert_allclose(value, tiny_model.predict(latents).mean[:, index], rtol=1e-5)
    for row, latent in enumerate(latents):
        up, down = (tiny_model.predict(latent + sign * step * np.eye(16)).mean[:, index] for sign in (1, -1))
        differences = (up - down) / (2 * step)
        np.testing.assert_allclose(slope[row], differences, atol=0.01 * np.abs(differences).max())


def test_the_slope_of_a_yes_no_property_is_that_of_its_probability() -> None:
    torch.manual_seed(0)
    head = PropertyHead(3, 8, 2, is_binary=[False, True])
    latents, step = torch.randn(4, 3), 1e-2
    value, slope = property_gradient(head, SCALER, latents.clone(), "active")
    assert ((value > 0) & (value < 1)).all()
    for column in range(3):
        shift = step * torch.eye(3)[column]
        up, down = (predict_properties(head, SCALER, latents + s * shift).mean[:, 1] for s in (1, -1))
        np.testing.assert_allclose(slope[:, column], (up - down) / (2 * step), atol=1e-4)


def test_a_latent_alone_has_the_slope_that_it_has_among_others(
    tiny_model: MoleculeModel, latents: FloatArray
) -> None:
    together = tiny_model.predict_gradient(latents, "logP")
    alone = tiny_model.predict_gradient(latents[2], "logP")
    np.testing.assert_allclose(alone.value[0], together.value[2], rtol=1e-5)
    np.testing.assert_allclose(alone.slope[0], together.slope[2], rtol=1e-4, atol=1e-6)


def test_asking_for_a_slope_leaves_no_trace(tiny_model: MoleculeModel, latents: FloatArray) -> None:
    before, given = tiny_model.predict(latents), latents.copy()
    with torch.no_grad():
        tiny_model.predict_gradient(latents, "QED")
    np.testing.assert_array_equal(latents, given)
    np.testing.assert_array_equal(tiny_model.predict(latents).mean, before.mean)
    assert all(weight.grad is None for weight in tiny_model.network.parameters())


def test_a_property_that_the_head_does_not_predict_is_refused(
    tiny_model: MoleculeModel, latents: FloatArray
) -> None:
    with pytest.raises(InputError, match=r'^the model does not predict "SA"; it predicts logP, QED$'):
        tiny_model.predict_gradient(latents, "SA")
