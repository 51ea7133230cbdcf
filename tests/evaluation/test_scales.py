"""The units of length of a latent space, on points whose distances are known."""

import numpy as np
import pytest

from molvae.errors import InputError
from molvae.evaluation.scales import latent_scale, latent_spread, neighbor_distances


def test_the_spread_is_the_root_mean_square_of_the_latents_deviations() -> None:
    draws = np.random.default_rng(1).standard_normal((20_000, 2)) * [3.0, 4.0] + 100
    assert latent_spread(draws) == pytest.approx(np.sqrt((9 + 16) / 2), rel=0.01)


def test_on_a_grid_the_nearest_neighbor_is_a_step_away_and_the_fifth_a_diagonal() -> None:
    grid = np.stack(np.meshgrid(np.arange(20.0), np.arange(20.0)), axis=-1).reshape(-1, 2)
    assert np.median(neighbor_distances(grid)) == 1
    assert np.median(neighbor_distances(grid, 5)) == pytest.approx(np.sqrt(2))


def test_a_copy_is_a_neighbor_at_no_distance() -> None:
    np.testing.assert_array_equal(neighbor_distances(np.array([[1.0], [1.0], [4.0]])), [0, 0, 3])


def test_both_units_grow_with_the_latents_and_say_what_they_were_measured_on() -> None:
    draws = np.random.default_rng(2).standard_normal((100, 8))
    small, large = latent_scale(draws), latent_scale(50 * draws)
    assert large.spread == pytest.approx(50 * small.spread)
    assert large.neighbor_distance == pytest.approx(50 * small.neighbor_distance)
    assert large.num_molecules == 100


def test_a_molecule_alone_has_no_neighbor() -> None:
    with pytest.raises(InputError, match="give more molecules"):
        latent_scale(np.ones((1, 3)))
