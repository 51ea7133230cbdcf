"""Codes on a plane: the axes of their spread, and the same points whatever is chosen."""

import numpy as np

from molvae.studies.latent_map import main_axes, map_figure, projections, spread_of


def test_main_axes_are_those_along_which_codes_spread_most() -> None:
    generator = np.random.default_rng(0)
    rotation = np.linalg.qr(generator.standard_normal((6, 6)))[0]
    codes = generator.standard_normal((4000, 6)) * [5, 3, 1, 1, 1, 1] @ rotation + 10
    axes = main_axes(codes, 2)
    np.testing.assert_allclose(np.abs(axes @ rotation.T)[:, :2], np.eye(2), atol=0.03)
    np.testing.assert_allclose(np.linalg.norm(axes, axis=1), 1)
    assert (axes[np.arange(2), np.abs(axes).argmax(axis=1)] > 0).all()
    np.testing.assert_allclose(spread_of(codes) ** 2, 25 + 9 + 4, rtol=0.05)


def test_planes_keep_clusters_apart_and_follow_from_the_seed() -> None:
    generator = np.random.default_rng(1)
    codes = generator.standard_normal((60, 8)) + 12 * (np.arange(60) % 2)[:, None]
    planes = projections(codes, seed=0)
    assert list(planes) == ["main axes", "t-SNE"]
    for plane in planes.values():
        assert plane.shape == (60, 2)
        one, other = plane[::2], plane[1::2]
        gap = np.linalg.norm(one.mean(axis=0) - other.mean(axis=0))
        assert gap > 2 * max(one.std(), other.std())
    np.testing.assert_array_equal(projections(codes, seed=0)["t-SNE"], planes["t-SNE"])
    assert list(projections(codes[:5], seed=0)) == ["main axes"]


def test_menus_change_places_and_colors_of_points_that_keep_their_numbers() -> None:
    planes = {"one": np.arange(6.0).reshape(3, 2), "two": -np.arange(6.0).reshape(3, 2)}
    figure = map_figure(planes, {"a": [1, 2, 3], "b": [3, 2, 1]}, ["x", "y", "z"])
    points = figure.data[0]
    assert list(points.x) == [0, 2, 4]
    assert list(points.customdata) == [0, 1, 2]
    assert list(points.marker.color) == [1, 2, 3]
    places, colors = figure.layout.updatemenus
    assert [button.label for button in places.buttons] == ["one", "two"]
    assert places.buttons[1].args[0]["y"] == [[-1, -3, -5]]
    assert colors.buttons[1].args[0] == {"marker.color": [[3, 2, 1]]}
