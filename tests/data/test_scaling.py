"""Standardised properties by hand, there and back."""

import numpy as np
import pytest

from molvae.data.scaling import PropertyScaler
from molvae.errors import ModelFolderError

VALUES = np.array([[1.0, 0.0], [3.0, 1.0], [np.nan, 1.0], [5.0, np.nan]])


def scaler() -> PropertyScaler:
    return PropertyScaler.fit(["logP", "active"], ["regression", "yes/no"], VALUES)


def test_known_values_get_mean_zero_and_unit_deviation_and_yes_no_stays() -> None:
    scaled = scaler().scale(VALUES)
    root = np.sqrt(1.5)
    np.testing.assert_allclose(scaled, [[-root, 0], [0, 1], [np.nan, 1], [root, np.nan]], atol=1e-12)
    assert scaler().is_binary == [False, True]


def test_unscaling_gives_the_values_back() -> None:
    np.testing.assert_allclose(scaler().unscale(scaler().scale(VALUES)), VALUES)


@pytest.mark.parametrize("column", [[0.1] * 7, [2.5], [np.nan, np.nan], [0.0, 0.0]])
def test_a_property_without_spread_is_only_centered(column: list[float]) -> None:
    fitted = PropertyScaler.fit(["x"], ["regression"], np.array(column)[:, None])
    assert fitted.deviations == (1.0,)
    assert fitted.scale(np.array([[fitted.means[0] + 2]]))[0, 0] == pytest.approx(2.0)


def test_a_small_spread_around_a_large_mean_counts() -> None:
    fitted = PropertyScaler.fit(["x"], ["regression"], np.array([[1000.0], [1000.001]]))
    assert fitted.deviations[0] == pytest.approx(0.0005, rel=1e-3)


def test_a_scaler_comes_back_from_json() -> None:
    assert PropertyScaler.from_json(scaler().to_json()) == scaler()


def test_a_damaged_scaler_is_refused() -> None:
    value = scaler().to_json()
    with pytest.raises(ModelFolderError, match="incomplete; take it from a backup"):
        PropertyScaler.from_json({name: part for name, part in value.items() if name != "means"})
    with pytest.raises(ModelFolderError, match="columns differ in length"):
        PropertyScaler.from_json(value | {"means": [1.0]})
