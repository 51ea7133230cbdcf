"""Schedules at the points where their papers, or a line on paper, say what they are."""

import numpy as np
import pytest

from molvae.training.schedules import kl_weight_factor, learning_rate_factor


def test_the_learning_rate_rises_from_nothing_and_falls_by_half_a_cosine() -> None:
    assert learning_rate_factor(0.0) == 0.0
    assert learning_rate_factor(0.02) == pytest.approx(1.0)
    assert learning_rate_factor(0.51) == pytest.approx(0.01 + 0.99 / 2)
    assert learning_rate_factor(1.0) == pytest.approx(0.01)
    assert learning_rate_factor(1.3) == pytest.approx(0.01)
    values = [learning_rate_factor(p) for p in np.linspace(0.02, 1, 50)]
    assert values == sorted(values, reverse=True)


def test_the_constant_kl_weight_is_constant() -> None:
    assert {kl_weight_factor("constant", p) for p in (0.0, 0.3, 1.0)} == {1.0}


def test_the_linear_kl_weight_is_a_ramp_from_nothing_then_whole() -> None:
    values = [kl_weight_factor("linear", p) for p in (0.0, 0.025, 0.05, 0.075, 0.1, 0.7, 1.0)]
    assert values == pytest.approx([0, 0.25, 0.5, 0.75, 1, 1, 1])


def test_the_cyclical_kl_weight_has_four_equal_cycles_half_of_them_ramp() -> None:
    cycle = [kl_weight_factor("cyclical", p) for p in (0.0, 0.03125, 0.0625, 0.125, 0.2)]
    assert cycle == pytest.approx([0, 0.25, 0.5, 1, 1])
    for start in (0.25, 0.5, 0.75):
        shifted = [kl_weight_factor("cyclical", start + p) for p in (0.0, 0.03125, 0.0625, 0.125, 0.2)]
        assert shifted == pytest.approx(cycle)
    assert kl_weight_factor("cyclical", 1.0) == 1.0
