"""Midpoints, where the labels say in which half of a line a molecule lies."""

import numpy as np
import pytest

from molvae.errors import InputError
from molvae.evaluation.midpoints import midpoints_between, midpoints_within


def test_midpoints_lie_in_the_gap_or_in_the_clusters() -> None:
    generator = np.random.default_rng(1)
    labels = np.repeat([0, 1], [60, 20])
    latents = generator.uniform(-1, 1, (80, 3))
    latents[:, 0] += 100 * labels
    between, within = midpoints_between(latents, labels, 500), midpoints_within(latents, labels, 500)
    assert between.shape == within.shape == (500, 3)
    assert (np.abs(between[:, 0] - 50) < 1).all()
    assert (np.minimum(np.abs(within[:, 0]), np.abs(within[:, 0] - 100)) < 1).all()
    # Three of four molecules have the label 0.
    assert (within[:, 0] < 50).mean() == pytest.approx(0.75, abs=0.06)


def test_no_molecule_is_its_own_partner() -> None:
    latents = np.array([[0.0], [1.0], [5.0], [6.0]])
    assert set(midpoints_within(latents, np.array([0, 0, 1, 1]), 50).ravel()) == {0.5, 5.5}


def test_the_draws_follow_from_the_seed_and_a_label_alone_is_refused() -> None:
    latents, labels = np.arange(12.0)[:, None], np.repeat([0, 1], 6)
    np.testing.assert_array_equal(
        midpoints_between(latents, labels, 9), midpoints_between(latents, labels, 9)
    )
    assert (midpoints_between(latents, labels, 9, 1) != midpoints_between(latents, labels, 9, 2)).any()
    with pytest.raises(InputError, match="at least two"):
        midpoints_between(latents, np.zeros(12), 3)
