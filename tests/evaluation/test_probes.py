"""Probes: classes that a line parts, that only neighbors tell, and shuffled labels that nothing does."""

import numpy as np
import pytest

from molvae.errors import InputError
from molvae.evaluation.probes import (
    LabelArray,
    balanced_accuracy,
    linear_probe,
    neighbor_probe,
    where_unseen_land,
)
from molvae.interfaces import FloatArray


def two_gaussians(gap: float, num_each: int = 500) -> tuple[FloatArray, LabelArray]:
    """N(-gap/2, 1) and N(gap/2, 1) along the first of four latents."""
    draws = np.random.default_rng(1).standard_normal((2 * num_each, 4))
    labels = np.repeat(["left", "right"], num_each)
    draws[:, 0] += np.where(labels == "left", -gap / 2, gap / 2)
    return draws, labels


def test_the_linear_probe_reaches_what_is_best_for_two_gaussians() -> None:
    latents, labels = two_gaussians(2.0)
    # Bayes: Phi(gap / 2) = Phi(1) = .841.
    assert balanced_accuracy(labels, linear_probe(latents, labels)) == pytest.approx(0.841, abs=0.03)


def test_shuffled_labels_are_predicted_no_better_than_by_chance() -> None:
    latents, labels = two_gaussians(20.0)
    shuffled = np.random.default_rng(2).permutation(labels)
    for probe in (linear_probe, neighbor_probe):
        assert balanced_accuracy(labels, probe(latents, labels)) == 1
        assert balanced_accuracy(shuffled, probe(latents, shuffled)) == pytest.approx(0.5, abs=0.05)


def test_a_ring_around_a_disk_is_told_by_neighbors_and_not_by_a_line() -> None:
    generator = np.random.default_rng(3)
    angles, labels = generator.uniform(0, 2 * np.pi, 400), np.repeat([0, 1], 200)
    lengths = np.where(labels == 0, generator.uniform(0, 1, 400), generator.uniform(2, 3, 400))
    latents = np.stack([np.cos(angles), np.sin(angles)], axis=1) * lengths[:, None]
    assert balanced_accuracy(labels, neighbor_probe(latents, labels)) > 0.98
    assert balanced_accuracy(labels, linear_probe(latents, labels)) < 0.65


def test_the_linear_probe_does_not_mind_the_scale() -> None:
    latents, labels = two_gaussians(1.0)
    np.testing.assert_array_equal(linear_probe(latents, labels), linear_probe(1e-4 * latents + 7, labels))


def test_a_rare_label_counts_as_much_as_a_common_one() -> None:
    labels, predictions = np.repeat([0, 1, 2], [90, 8, 2]), np.repeat([0, 1, 2], [90, 4, 6])
    assert balanced_accuracy(labels, predictions) == pytest.approx((1 + 0.5 + 1) / 3)


def test_a_resample_without_a_label_has_an_accuracy_too() -> None:
    assert balanced_accuracy(np.array([0, 0]), np.array([0, 1])) == pytest.approx(0.5)


def test_unseen_molecules_land_in_the_cluster_they_lie_in() -> None:
    known = np.array([[0.0], [0.1], [0.2], [9.0], [9.1], [9.2]])
    table = where_unseen_land(
        known,
        np.array(["a", "a", "a", "b", "b", "b"]),
        np.array([[0.3], [8.0], [8.5], [1.0]]),
        np.array(["a", "a", "b", "c"]),
        3,
    )
    assert table.to_numpy().tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]
    assert (table.index.tolist(), table.columns.tolist()) == (["a", "b", "c"], ["a", "b", "c"])


def test_labels_that_are_too_rare_too_few_or_of_other_molecules_are_refused() -> None:
    latents = np.zeros((8, 2))
    with pytest.raises(InputError, match='"b" occurs "3" times'):
        neighbor_probe(latents, np.array(["a"] * 5 + ["b"] * 3))
    with pytest.raises(InputError, match="at least two"):
        linear_probe(latents, np.zeros(8))
    with pytest.raises(InputError, match="one for each"):
        linear_probe(latents, np.zeros(7))
    with pytest.raises(InputError, match="too few"):
        where_unseen_land(latents, np.zeros(8), latents, np.zeros(8), 9)
