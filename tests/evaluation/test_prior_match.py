"""Two-sample tests: the closed form for two Gaussians, false alarms as often as said, and power."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics.pairwise import rbf_kernel

from molvae.errors import InputError
from molvae.evaluation.prior_match import (
    ClassifierTest,
    mean_discrepancy,
    median_bandwidth,
    neighbor_test,
    network_test,
    squared_mmd,
)
from molvae.interfaces import FloatArray

Test = Callable[[FloatArray, FloatArray], ClassifierTest]


def gaussian_mmd(gap: float, dim: int, bandwidth: float) -> float:
    """The squared discrepancy of N(0, I) and N(m, I) with |m| = gap: x - y is N(0 or m, 2 I)."""
    width = bandwidth**2 / (bandwidth**2 + 2)
    return float(2 * width ** (dim / 2) * (1 - np.exp(-(gap**2) / (2 * (bandwidth**2 + 2)))))


@pytest.mark.parametrize("gap", [0.0, 1.0, 3.0])
def test_the_discrepancy_of_two_gaussians_is_the_closed_form(gap: float) -> None:
    left, right = np.random.default_rng(1).standard_normal((2, 1500, 3))
    right[:, 0] += gap
    assert squared_mmd(left, right, 2.0) == pytest.approx(gaussian_mmd(gap, 3, 2.0), abs=0.01)


def test_the_discrepancy_is_that_of_the_kernel_matrices() -> None:
    generator = np.random.default_rng(2)
    left, right = generator.standard_normal((5, 2)), generator.standard_normal((7, 2)) + 1
    gamma = 1 / (2 * 1.5**2)
    within = [(rbf_kernel(x, gamma=gamma).sum() - len(x)) / (len(x) * (len(x) - 1)) for x in (left, right)]
    expected = sum(within) - 2 * rbf_kernel(left, right, gamma=gamma).mean()
    assert squared_mmd(left, right, 1.5) == pytest.approx(expected)


def test_the_discrepancy_is_unbiased_so_that_equal_sets_lie_on_both_sides_of_zero() -> None:
    generator = np.random.default_rng(3)
    draws = generator.standard_normal((300, 2, 20, 2))
    found = [squared_mmd(left, right, 1.0) for left, right in draws]
    assert np.mean(found) == pytest.approx(0, abs=3 * np.std(found) / np.sqrt(300))
    assert min(found) < 0 < max(found)


def test_chance_is_taken_for_a_difference_as_seldom_as_the_p_value_says() -> None:
    generator = np.random.default_rng(4)
    draws = generator.standard_normal((100, 2, 30, 2))
    p_values = [mean_discrepancy(left, right, num_permutations=60).p_value for left, right in draws]
    assert 0.02 <= np.mean(np.array(p_values) <= 0.1) <= 0.2


def test_a_gap_is_found_and_lies_above_the_floor() -> None:
    left, right = np.random.default_rng(5).standard_normal((2, 200, 4))
    found = mean_discrepancy(left, right + 0.4)
    assert found.value > found.floor > 0
    assert found.p_value == pytest.approx(1 / 201)
    assert found.bandwidth == pytest.approx(median_bandwidth(np.concatenate([left, right + 0.4])))


def test_scaling_both_sets_changes_nothing() -> None:
    left, right = np.random.default_rng(6).standard_normal((2, 50, 2))
    assert mean_discrepancy(left, right).value == pytest.approx(mean_discrepancy(9 * left, 9 * right).value)


@pytest.mark.parametrize("test", [network_test, neighbor_test])
def test_a_classifier_cannot_tell_draws_of_one_distribution(test: Test) -> None:
    left, right = np.random.default_rng(7).standard_normal((2, 600, 3))
    found = test(left, right)
    assert found.accuracy == pytest.approx(0.5, abs=0.07)
    assert found.standard_error == pytest.approx(0.5 / np.sqrt(600), rel=0.02)
    assert found.p_value > 0.01
    # The accuracy of a coin on 600 vectors has the standard deviation .5 / sqrt(600).
    assert found.p_value == pytest.approx(norm.sf(found.accuracy, 0.5, 0.5 / np.sqrt(600)))


@pytest.mark.parametrize("test", [network_test, neighbor_test])
def test_a_classifier_reaches_what_is_best_for_two_gaussians(test: Test) -> None:
    # Bayes: N(-1, 1) against N(1, 1) is told apart with the accuracy Phi(1) = .841.
    left, right = np.random.default_rng(8).standard_normal((2, 1500, 1)) + np.array([-1, 1])[:, None, None]
    found = test(left, right)
    assert found.accuracy == pytest.approx(0.841, abs=0.03)
    assert found.p_value < 1e-6


def test_the_network_sees_a_difference_of_spread_which_no_line_could() -> None:
    left, right = np.random.default_rng(9).standard_normal((2, 600, 2))
    assert network_test(left, 3 * right).accuracy > 0.75


def test_of_the_larger_set_as_many_are_taken_as_the_smaller_has() -> None:
    left, right = np.random.default_rng(10).standard_normal((2, 900, 2))
    assert neighbor_test(left, right[:100]).accuracy == pytest.approx(0.5, abs=0.15)


def test_too_few_latents_or_all_the_same_are_refused() -> None:
    with pytest.raises(InputError, match="at least two each"):
        squared_mmd(np.ones((1, 2)), np.ones((3, 2)), 1.0)
    with pytest.raises(InputError, match="latents that differ"):
        mean_discrepancy(np.ones((3, 2)), np.ones((3, 2)))
