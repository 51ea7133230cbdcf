"""Clusters, on Gaussians with a known gap and on labels that say nothing."""

import numpy as np
import pytest

from molvae.errors import InputError
from molvae.evaluation.clusters import clustering_agreement, separation, silhouette
from molvae.evaluation.probes import LabelArray
from molvae.interfaces import FloatArray


def two_gaussians(gap: float, widths: tuple[float, float], dim: int) -> tuple[FloatArray, LabelArray]:
    """Two clusters of 1,000 whose centers are so far apart, in a random direction."""
    generator = np.random.default_rng(1)
    axis = generator.standard_normal(dim)
    labels = np.repeat([0, 1], 1000)
    draws = generator.standard_normal((2000, dim)) * np.array(widths)[labels][:, None]
    return draws + gap * labels[:, None] * axis / np.linalg.norm(axis), labels


def test_the_silhouette_is_worked_out_by_hand() -> None:
    # Of 0: a = 1, b = (10 + 12) / 2 = 11; of 1: a = 1, b = 10; of 10: a = 2, b = 9.5; of 12: a = 2, b = 11.5.
    expected = np.mean([10 / 11, 9 / 10, 7.5 / 9.5, 9.5 / 11.5])
    line = np.array([[0.0], [1.0], [10.0], [12.0]])
    assert silhouette(line, np.array(["x", "x", "y", "y"])) == pytest.approx(expected)


def test_shuffled_labels_have_no_silhouette_and_no_agreement() -> None:
    latents, labels = two_gaussians(10, (1, 1), 4)
    latents, labels = latents[::4], labels[::4]
    shuffled = np.random.default_rng(2).permutation(labels)
    assert silhouette(latents, labels) > 0.6
    assert silhouette(latents, shuffled) == pytest.approx(0, abs=0.02)
    assert clustering_agreement(latents, labels) == pytest.approx(1)
    assert clustering_agreement(latents, shuffled) == pytest.approx(0, abs=0.02)


def test_clusters_that_part_one_label_in_two_agree_as_far_as_that_goes() -> None:
    # Four clumps, two labels of two clumps each, of which k = 2 finds the two pairs that lie close.
    line = np.repeat([0.0, 1.0, 100.0, 101.0], 10)[:, None]
    assert clustering_agreement(line, np.repeat([0, 0, 1, 1], 10)) == pytest.approx(1)
    assert clustering_agreement(line, np.repeat([0, 1, 0, 1], 10)) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("dim", [1, 50])
def test_the_distance_of_two_gaussians_is_found_beside_their_widths(dim: int) -> None:
    latents, labels = two_gaussians(6, (1, 2), dim)
    found = separation(latents, labels, np.full_like(latents, 0.25))
    assert found.distance == pytest.approx(6, rel=0.04)
    assert found.within == pytest.approx(np.sqrt((1 + 4) / 2), rel=0.04)
    assert found.posterior == pytest.approx(0.25)
    assert found.widths_apart == pytest.approx(6 / np.sqrt(2.5), rel=0.06)
    assert found.noises_apart == pytest.approx(24, rel=0.04)


def test_labels_that_say_nothing_are_as_far_apart_as_chance_has_it() -> None:
    latents, labels = two_gaussians(0, (1, 1), 200)
    found = separation(latents[::20], labels[::20], np.zeros((100, 200)))
    assert found.chance_distance == pytest.approx(np.sqrt(200 * 2 / 50), rel=0.05)
    assert found.distance == pytest.approx(found.chance_distance, rel=0.15)
    assert found.noises_apart == np.inf


def test_widths_are_those_along_the_line_between_the_centers() -> None:
    latents = np.array([[-5.0, 30.0], [-5.0, -30.0], [5.0, 30.0], [5.0, -30.0]]) + [[0.1], [-0.1]] * 2
    spreads = np.tile([0.2, 7.0], (4, 1))
    found = separation(latents, np.array([0, 0, 1, 1]), spreads)
    assert found.distance == pytest.approx(10)
    assert found.within == pytest.approx(np.sqrt(4 * 0.01 / 2))
    assert found.posterior == pytest.approx(0.2)


def test_what_has_no_clusters_is_refused() -> None:
    with pytest.raises(InputError, match="at least two"):
        silhouette(np.zeros((3, 2)), np.zeros(3))
    with pytest.raises(InputError, match="give two labels"):
        separation(np.zeros((6, 2)), np.repeat([0, 1, 2], 2), np.zeros((6, 2)))
    with pytest.raises(InputError, match="a spread for each latent"):
        separation(np.zeros((4, 2)), np.repeat([0, 1], 2), np.zeros((4, 1)))
    with pytest.raises(InputError, match='occurs "1" times'):
        clustering_agreement(np.zeros((3, 2)), np.array([0, 0, 1]))
