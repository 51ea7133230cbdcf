"""Desirabilities, against values worked out by hand from Derringer and Suich's equations."""

import math
from typing import Any

import numpy as np
import pytest

from molvae.errors import SettingsError
from molvae.optimization.desirability import overall_desirability
from molvae.optimization.desired_property import DesiredProperty
from molvae.optimization.objectives import PropertyGoal


def desirabilities(values: list[float], **settings: Any) -> list[float]:
    wanted = DesiredProperty(name="x", **settings)
    return wanted.curve().desirability(np.array(values), wanted.shape).tolist()


@pytest.mark.parametrize(
    ("settings", "values", "expected"),
    [
        ({"maximize": True, "low": 2.0, "high": 6.0}, [1, 2, 3, 5, 6, 9], [0, 0, 0.25, 0.75, 1, 1]),
        ({"minimize": True, "low": 2.0, "high": 6.0}, [1, 2, 3, 5, 6, 9], [1, 1, 0.75, 0.25, 0, 0]),
        ({"target": 2.5, "tolerance": 2.0}, [0.4, 0.5, 1.5, 2.5, 3, 5], [0, 0, 0.5, 1, 0.75, 0]),
        ({"range": (1, 3), "slack": 0.5}, [0.5, 0.75, 1, 2, 3, 3.4], [0, 0.5, 1, 1, 1, 0.2]),
        ({"range": (1, 3)}, [0, 0.5, 1, 3, 3.5, 4], [0, 0.5, 1, 1, 0.5, 0]),
        ({"maximize": True, "low": 0.0, "high": 1.0, "shape": 2.0}, [0.5, 0.1], [0.25, 0.01]),
    ],
)
def test_a_curve_gives_what_the_equations_give(
    settings: dict[str, Any], values: list[float], expected: list[float]
) -> None:
    assert desirabilities(values, **settings) == pytest.approx(expected)


def test_a_property_without_a_value_has_no_desirability() -> None:
    for settings in ({"maximize": True}, {"minimize": True}):
        assert np.isnan(desirabilities([math.nan], low=0.0, high=1.0, **settings)).all()
    assert np.isnan(desirabilities([math.nan], range=(0.0, 1.0))).all()


def test_qed_and_sa_have_bounds_of_their_own() -> None:
    qed = DesiredProperty(name="QED", maximize=True).curve()
    sa = DesiredProperty(name="SA", minimize=True, high=5.0).curve()
    assert qed.desirability(np.array([0.4])) == pytest.approx(0.4)
    assert sa.desirability(np.array([2.0])) == pytest.approx(0.75)


def test_the_overall_desirability_is_the_weighted_geometric_mean() -> None:
    columns = np.array([[0.5, 1.0, 0.0, 0.2], [0.25, 1.0, 1.0, np.nan]])
    equal = overall_desirability(columns, [1.0, 1.0])
    assert equal[:3] == pytest.approx([math.sqrt(0.125), 1.0, 0.0])
    assert np.isnan(equal[3])
    weighted = overall_desirability(columns, [3.0, 1.0])
    assert weighted[0] == pytest.approx((0.5**3 * 0.25) ** 0.25)


def test_a_property_alone_keeps_its_plain_value_unless_it_has_a_curve() -> None:
    assert DesiredProperty(name="QED", minimize=True).plain_goal() == PropertyGoal(
        property_name="QED", direction="minimize"
    )
    target = DesiredProperty(name="logP", target=2.0).plain_goal()
    assert target == PropertyGoal(property_name="logP", direction="target", target=2.0)
    assert DesiredProperty(name="x", maximize=True, low=0.3).plain_goal() is None
    assert DesiredProperty(name="x", maximize=True, shape=2.0).plain_goal() is None
    assert DesiredProperty(name="x", target=2.0, tolerance=1.0).plain_goal() is None
    assert DesiredProperty(name="x", range=(1.0, 2.0)).plain_goal() is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": ""}, '"name" is missing; give the name of a property'),
        ({}, 'x has "0" aims (none); give one of maximize = true'),
        ({"maximize": True, "target": 1.0}, 'x has "2" aims (maximize, target)'),
        ({"target": 1.0, "low": 0.0}, 'x has low = "0" and target; low goes with maximize or minimize only'),
        ({"maximize": True, "slack": 1.0}, "slack goes with range only"),
        ({"range": (3.0, 1.0)}, 'range of x is "[3.0, 1.0]"; give two numbers, the smaller one first'),
        ({"range": (3.0,)}, "give two numbers"),
        ({"maximize": True, "low": 2.0, "high": 1.0}, 'low of x is "2" and high "1"; low must be below high'),
        ({"target": 1.0, "tolerance": 0.0}, 'tolerance of x is "0"; it must be above 0'),
        ({"maximize": True, "weight": -1.0}, 'weight of x is "-1"; it must be above 0'),
    ],
)
def test_a_property_that_makes_no_sense_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        DesiredProperty(**{"name": "x", **settings})
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"maximize": True}, 'x needs "low" and "high", the values of desirability 0 and 1'),
        ({"minimize": True, "low": 1.0}, 'x needs "low" and "high", the values of desirability 1 and 0'),
        ({"target": 1.0}, 'target of x needs "tolerance"'),
    ],
)
def test_a_curve_without_ends_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        DesiredProperty(name="x", **settings).curve()
    assert message in str(caught.value)
