"""Similarity against radius, where what is decoded depends on the radius alone."""

import numpy as np
import pytest

from molvae.errors import InputError
from molvae.evaluation.continuity import (
    half_radius,
    places_around,
    random_directions,
    similarity_by_radius,
)
from molvae.evaluation.pairs import pair_similarities
from molvae.interfaces import FloatArray

SHELLS = ("CCCCO", "CCCO", "")


def decode_shells(latents: FloatArray) -> list[str]:
    """One molecule within a length of 1, another within 2, nothing beyond."""
    return [SHELLS[min(int(length), 2)] for length in np.linalg.norm(latents, axis=1)]


def test_at_each_radius_the_similarity_is_that_of_what_is_decoded_there() -> None:
    found = similarity_by_radius(
        ["CCCCO", "CCCO"], np.zeros((2, 5)), [0.0, 0.5, 1.5, 2.5], decode_shells, num_directions=3
    )
    between = pair_similarities(["CCCCO"], ["CCCO"])[0]
    assert found.shape == (4, 2, 3)
    np.testing.assert_allclose(found[:, 0], np.repeat([[1], [1], [between], [0]], 3, axis=1))
    np.testing.assert_allclose(found[:, 1], np.repeat([[between], [between], [1], [0]], 3, axis=1))


def test_each_molecule_keeps_its_own_directions_at_all_radii() -> None:
    asked: list[FloatArray] = []

    def remember(latents: FloatArray) -> list[str]:
        asked.append(latents)
        return ["C"] * len(latents)

    centers = np.array([[0.0, 0.0], [100.0, 0.0]])
    similarity_by_radius(["C", "C"], centers, [1.0, 3.0], remember, num_directions=4, seed=2)
    steps = [latents - np.repeat(centers, 4, axis=0) for latents in asked]
    np.testing.assert_allclose(steps[1], 3 * steps[0])
    np.testing.assert_allclose(np.linalg.norm(steps[0], axis=1), 1)
    assert len(np.unique(steps[0].round(6), axis=0)) == 8


def test_random_directions_favor_none() -> None:
    directions = random_directions(20_000, 4)
    np.testing.assert_allclose(directions.mean(axis=0), 0, atol=0.02)
    np.testing.assert_allclose(directions.T @ directions / 20_000, np.eye(4) / 4, atol=0.01)


def test_r50_is_where_the_medians_cross_a_half() -> None:
    similarities = np.array([[1.0, 1.0, 0.2], [0.9, 0.7, 0.2], [0.2, 0.2, 0.9], [0.9, 0.9, 0.9]])
    # Medians 1, .7, .2, .9: .5 is two fifths of the way from .7 to .2; what rises again later is not asked.
    assert half_radius([0.0, 1.0, 3.0, 4.0], similarities) == pytest.approx(1.8)


def test_r50_is_infinite_if_never_reached_and_nan_if_passed_before_the_first_radius() -> None:
    assert half_radius([0.0, 1.0], np.array([[1.0], [0.5]])) == np.inf
    assert np.isnan(half_radius([1.0, 2.0], np.array([[0.4], [0.3]])))
    assert half_radius([0.0, 2.0], np.array([[0.4], [0.3]])) == 0


def test_radii_and_centers_must_fit() -> None:
    with pytest.raises(InputError, match="radii that ascend"):
        half_radius([1.0, 1.0], np.ones((2, 1)))
    with pytest.raises(InputError, match='"2" rows of similarities at "1" radii'):
        half_radius([1.0], np.ones((2, 1)))
    with pytest.raises(InputError, match="give one for each"):
        similarity_by_radius(["C"], np.zeros((2, 1)), [1.0], decode_shells, num_directions=1)


def on_sphere(latents: FloatArray) -> FloatArray:
    """The nearest place on the sphere of radius 3."""
    return 3 * latents / np.linalg.norm(latents, axis=1, keepdims=True)


@pytest.mark.parametrize("radius", [0.0, 0.5, 3.0, 3.9])
def test_steps_on_a_sphere_are_as_long_as_they_are_said_to_be(radius: float) -> None:
    directions = random_directions(40, 30, seed=1)
    centers = on_sphere(random_directions(40, 30, seed=2))
    places = places_around(centers, directions, radius, on_sphere)
    np.testing.assert_allclose(np.linalg.norm(places, axis=1), 3)
    assert np.linalg.norm(places - centers, axis=1).mean() == pytest.approx(radius, abs=1e-6)
    if radius:
        short = np.linalg.norm(on_sphere(centers + radius * directions) - centers, axis=1).mean()
        assert short < radius


def test_a_step_ends_where_the_space_does_and_is_exact_where_there_is_no_end() -> None:
    centers, directions = np.zeros((3, 4)), random_directions(3, 4)
    far = places_around(centers, directions, 9.0, lambda latents: latents.clip(-1, 1))
    assert np.abs(far).max() == 1
    np.testing.assert_array_equal(places_around(centers, directions, 0.7), 0.7 * directions)


def test_similarity_is_that_of_places_in_the_space() -> None:
    asked: list[FloatArray] = []

    def remember(latents: FloatArray) -> list[str]:
        asked.append(latents)
        return ["C"] * len(latents)

    centers = on_sphere(random_directions(5, 20))
    similarity_by_radius(["C"] * 5, centers, [1.0, 2.0], remember, num_directions=2, nearest=on_sphere)
    middles = np.repeat(centers, 2, axis=0)
    reached = [float(np.linalg.norm(places - middles, axis=1).mean()) for places in asked]
    assert reached == pytest.approx([1.0, 2.0])
