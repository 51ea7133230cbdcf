"""Traversals: axes of a cloud whose axes are known, and a page worked out by hand."""

import numpy as np
import pytest

from molvae.errors import InputError
from molvae.evaluation.traversals import page, principal_axes


def test_the_axes_of_a_rotated_cloud_are_found_with_their_spreads() -> None:
    generator = np.random.default_rng(1)
    rotation = np.linalg.qr(generator.standard_normal((5, 5)))[0]
    latents = generator.standard_normal((4000, 5)) * [9.0, 3.0, 1.0, 0.5, 0.1] @ rotation.T + 40
    axes, spreads = principal_axes(latents, 3)
    np.testing.assert_allclose(spreads, [9, 3, 1], rtol=0.05)
    np.testing.assert_allclose(np.abs((axes * rotation.T[:3]).sum(axis=1)), 1, atol=0.01)
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    assert (axes.max(axis=1) >= -axes.min(axis=1)).all()


def test_the_sign_of_an_axis_does_not_depend_on_that_of_the_latents() -> None:
    latents = np.random.default_rng(2).standard_normal((50, 4)) * [5.0, 3.0, 2.0, 1.0]
    np.testing.assert_allclose(principal_axes(latents, 2)[0], principal_axes(-latents, 2)[0])


def test_a_page_has_the_center_in_the_middle_and_the_directions_at_its_edges() -> None:
    center, across, down = np.array([1.0, 2.0, 3.0]), np.array([4.0, 0.0, 0.0]), np.array([0.0, 1.0, 1.0])
    latents = page(center, across, down, 5, 3)
    assert latents.shape == (3, 5, 3)
    np.testing.assert_allclose(latents[1, 2], center)
    np.testing.assert_allclose(latents[1, -1], center + across)
    np.testing.assert_allclose(latents[0, 2], center - down)
    np.testing.assert_allclose(latents[2, 3], center + across / 2 + down)


def test_a_single_row_stays_in_the_middle() -> None:
    center, across = np.array([1.0, 2.0]), np.array([1.0, 0.0])
    np.testing.assert_allclose(page(center, across, np.array([0.0, 9.0]), 3, 1), [[[0, 2], [1, 2], [2, 2]]])


def test_what_makes_no_page_is_refused() -> None:
    with pytest.raises(InputError, match="make no page"):
        page(np.zeros(2), np.zeros(3), np.zeros(2), 3, 3)
    with pytest.raises(InputError, match="is empty"):
        page(np.zeros(2), np.zeros(2), np.zeros(2), 0, 3)
    with pytest.raises(InputError, match="principal axes"):
        principal_axes(np.zeros((5, 2)), 3)
