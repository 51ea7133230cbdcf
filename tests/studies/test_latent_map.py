"""Codes on a plane: clusters stay apart, and points keep their numbers whatever is chosen."""

import numpy as np

from molvae.studies.latent_map import map_figure, projections


def test_planes_keep_clusters_apart_and_follow_from_the_seed() -> None:
    generator = np.random.default_rng(1)
    codes = generator.standard_normal((60, 8)) + 12 * (np.arange(60) % 2)[:, None]
    planes = projections(codes, seed=0)
    assert list(planes) == ["principal axes", "t-SNE"]
    for plane in planes.values():
        assert plane.shape == (60, 2)
        one, other = plane[::2], plane[1::2]
        gap = np.linalg.norm(one.mean(axis=0) - other.mean(axis=0))
        assert gap > 2 * max(one.std(), other.std())
    np.testing.assert_array_equal(projections(codes, seed=0)["t-SNE"], planes["t-SNE"])
    assert list(projections(codes[:5], seed=0)) == ["principal axes"]


def test_menus_change_places_and_colors_of_points_that_keep_their_numbers() -> None:
    planes = {"one": np.arange(6.0).reshape(3, 2), "two": -np.arange(6.0).reshape(3, 2)}
    figure = map_figure(
        planes, {"a": [1, 2, 3], "b": [3, 2, 1], "c": ["red", "red", "#000"]}, ["x", "y", "z"]
    )
    points = figure.data[0]
    assert list(points.x) == [0, 2, 4]
    assert list(points.customdata) == [0, 1, 2]
    assert list(points.marker.color) == [1, 2, 3]
    places, colored = figure.layout.updatemenus
    assert [button.label for button in places.buttons] == ["one", "two"]
    assert places.buttons[1].args[0]["y"] == [[-1, -3, -5]]
    assert colored.buttons[1].args[0] == {"marker.color": [[3, 2, 1]], "marker.showscale": [True]}
    assert colored.buttons[2].args[0] == {
        "marker.color": [["red", "red", "#000"]],
        "marker.showscale": [False],
    }
