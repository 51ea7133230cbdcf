"""Properties read off latents: linear ones, curved ones, and ones that are not there."""

import numpy as np
import pytest
from sklearn.metrics import r2_score

from molvae.errors import InputError
from molvae.evaluation.landscape import process_predictions, r_squared, ridge_predictions
from molvae.interfaces import FloatArray


def latents_of(num_molecules: int, latent_dim: int) -> FloatArray:
    return np.random.default_rng(1).standard_normal((num_molecules, latent_dim))


def test_a_linear_property_is_read_off_up_to_its_noise() -> None:
    generator = np.random.default_rng(2)
    latents = latents_of(600, 5)
    signal = latents @ [1.0, -2.0, 0.5, 0.0, 3.0] + 40
    noisy = signal + generator.normal(0, signal.std() / 2, 600)
    # The noise has a quarter of the signal's variance: 1 - .25 / 1.25 = .8 can be explained.
    for predictions in (ridge_predictions, process_predictions):
        found = predictions(latents[:300], noisy[:300], latents[300:])
        assert r_squared(noisy[300:], found) == pytest.approx(0.8, abs=0.06)
    np.testing.assert_allclose(
        ridge_predictions(latents[:300], signal[:300], latents[300:]), signal[300:], 1e-3
    )


def test_a_curved_property_is_read_off_by_the_process_alone() -> None:
    latents = latents_of(500, 2)
    values = np.sin(2 * latents[:, 0]) ** 2 + latents[:, 1] ** 2
    train, test = latents[:300], latents[300:]
    assert r_squared(values[300:], process_predictions(train, values[:300], test)) > 0.97
    assert r_squared(values[300:], ridge_predictions(train, values[:300], test)) < 0.2


def test_a_property_that_is_not_there_is_not_found() -> None:
    latents, values = latents_of(400, 8), np.random.default_rng(3).standard_normal(400)
    for predictions in (ridge_predictions, process_predictions):
        found = predictions(latents[:200], values[:200], latents[200:])
        assert r_squared(values[200:], found) == pytest.approx(0, abs=0.05)


def test_the_scale_of_the_latents_as_a_whole_is_no_matter() -> None:
    latents = latents_of(120, 3)
    values = latents[:, 0] ** 2
    for predictions in (ridge_predictions, process_predictions):
        small = predictions(latents[:80], values[:80], latents[80:])
        large = predictions(500 * latents[:80], values[:80], 500 * latents[80:])
        np.testing.assert_allclose(large, small, rtol=1e-4, atol=1e-6)


def test_r2_is_that_of_scikit_learn() -> None:
    values, predictions = latents_of(50, 2).T
    assert r_squared(values, predictions) == pytest.approx(r2_score(values, predictions))
    assert np.isnan(r_squared(np.ones(3), np.zeros(3)))


def test_values_that_are_missing_or_latents_that_are_all_the_same_are_refused() -> None:
    with pytest.raises(InputError, match="one for each"):
        ridge_predictions(np.zeros((3, 1)), np.zeros(2), np.zeros((1, 1)))
    with pytest.raises(InputError, match='"1" values are not finite'):
        ridge_predictions(np.zeros((2, 1)), np.array([1.0, np.nan]), np.zeros((1, 1)))
    with pytest.raises(InputError, match="are the same"):
        process_predictions(np.ones((3, 1)), np.arange(3.0), np.ones((1, 1)))
