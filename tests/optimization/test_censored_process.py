"""Expectation propagation against SciPy's integrals, the process against algebra, and what a bound does."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm, spearmanr, truncnorm

from molvae.chem.fingerprints import tanimoto_of_counts
from molvae.chem.molecules import parse_smiles
from molvae.chem.properties import log_p
from molvae.errors import InputError
from molvae.interfaces import FloatArray
from molvae.optimization.censored_moments import propagate, truncated_moments
from molvae.optimization.censored_process import MEAN_VARIANCE, CensoredProcess, Choice
from molvae.optimization.features import count_fingerprints
from molvae.optimization.judge import Judge, errors_of
from tests.conftest import DRUGS

SMILES = list(DRUGS.values())
INF = np.inf
CHOICE = Choice(1.5, 0.2)


@pytest.mark.parametrize(
    "ends", [(-1.0, 2.0), (0.5, INF), (-INF, -0.3), (5.0, 6.0), (30.0, INF), (-INF, -30.0)]
)
def test_moments_between_bounds_are_those_of_scipy(ends: tuple[float, float]) -> None:
    low, high = ends
    log_mass, mean, variance = truncated_moments(
        np.array([0.4]), np.array([4.0]), np.array([0.4 + 2 * low]), np.array([0.4 + 2 * high])
    )
    expected = truncnorm(low, high, loc=0.4, scale=2.0).stats()
    assert mean[0] == pytest.approx(float(expected[0]), rel=1e-6)
    assert variance[0] == pytest.approx(float(expected[1]), rel=1e-4)
    if abs(low) < 10 and abs(high) < 10:
        assert np.exp(log_mass[0]) == pytest.approx(norm.cdf(high) - norm.cdf(low))


def test_one_censored_value_has_the_exact_evidence_and_two_nearly() -> None:
    one = propagate(np.array([[1.5]]), np.array([0.7]), np.array([INF]), 0.5)
    assert np.exp(one.log_evidence) == pytest.approx(norm.sf(0.7 / np.sqrt(2)), rel=1e-6)
    covariance = np.array([[1.0, 0.6], [0.6, 1.5]])
    two = propagate(covariance, np.array([0.5, -INF]), np.array([INF, 0.3]), 0.2)
    both = multivariate_normal(np.zeros(2), covariance + 0.2 * np.eye(2))
    exact = norm.cdf(0.3 / np.sqrt(1.7)) - both.cdf(np.array([0.5, 0.3]))
    assert np.exp(two.log_evidence) == pytest.approx(exact, rel=2e-3)


def _covariance(left: list[str], right: list[str]) -> FloatArray:
    similarity = tanimoto_of_counts(count_fingerprints(left), count_fingerprints(right))
    return CHOICE.amplitude * similarity.astype(np.float64) + MEAN_VARIANCE


def test_known_values_give_the_posterior_and_left_out_values_that_algebra_gives() -> None:
    values = np.random.default_rng(0).standard_normal(10)
    process = CensoredProcess(count_fingerprints(SMILES[:10]), values, values, CHOICE)
    means, covariances = process.predict(count_fingerprints(SMILES[8:15]))
    noisy = _covariance(SMILES[:10], SMILES[:10]) + CHOICE.noise * np.eye(10)
    cross, prior = _covariance(SMILES[8:15], SMILES[:10]), _covariance(SMILES[8:15], SMILES[8:15])
    np.testing.assert_allclose(means, cross @ np.linalg.solve(noisy, values), atol=1e-6)
    np.testing.assert_allclose(covariances, prior - cross @ np.linalg.solve(noisy, cross.T), atol=1e-6)
    others = np.arange(10) != 3
    without = CensoredProcess(
        count_fingerprints([*SMILES[:3], *SMILES[4:10]]), values[others], values[others], CHOICE
    )
    mean, variance = without.predict(count_fingerprints([SMILES[3]]))
    left_out = process.left_out()
    assert left_out.mean[3] == pytest.approx(mean[0], abs=1e-6)
    assert left_out.spread[3] ** 2 == pytest.approx(variance[0, 0] + CHOICE.noise, abs=1e-6)


def test_a_bound_pulls_to_its_side_and_hardly_where_it_is_met_already() -> None:
    chains = ["CCCCCCO", "CCCCCCCO", "CCCCCCCCO"]
    prints, asked = count_fingerprints(chains), count_fingerprints(["CCCCCCCCCO"])

    def expected(low: float, high: float) -> float:
        process = CensoredProcess(prints, np.array([0.0, 0.1, low]), np.array([0.0, 0.1, high]), CHOICE)
        return float(process.predict(asked)[0][0])

    unbound = CensoredProcess(prints[:2], np.array([0.0, 0.1]), np.array([0.0, 0.1]), CHOICE)
    middle = float(unbound.predict(asked)[0][0])
    assert expected(2.0, INF) > middle + 0.3
    assert expected(-INF, -2.0) < middle - 0.3
    assert expected(-5.0, INF) == pytest.approx(middle, abs=0.01)
    assert expected(1.0, INF) < expected(2.0, INF), "the further the bound, the stronger its pull"


def test_what_is_expected_of_a_censored_value_lies_within_its_bounds() -> None:
    low, high = np.array([0.0, 1.0, -INF, 0.2]), np.array([0.0, INF, -1.0, 0.4])
    process = CensoredProcess(count_fingerprints(SMILES[:4]), low, high)
    assert process.expected[0] == 0.0
    assert ((process.expected >= low) & (process.expected <= high)).all()


def test_without_molecules_nothing_is_known() -> None:
    nothing = np.zeros(0)
    process = CensoredProcess(count_fingerprints([]), nothing, nothing)
    means, covariances = process.predict(count_fingerprints(SMILES[:2]))
    assert means.tolist() == [0.0, 0.0]
    assert covariances[0, 0] == pytest.approx(1.0 + MEAN_VARIANCE)


@pytest.mark.parametrize(("low", "high"), [([np.nan], [1.0]), ([2.0], [1.0]), ([], [])])
def test_bounds_that_make_no_sense_are_refused(low: list[float], high: list[float]) -> None:
    with pytest.raises(InputError, match="pairs of bounds"):
        CensoredProcess(count_fingerprints(["CCO"]), np.array(low), np.array(high))


def test_a_judge_speaks_in_units_and_censoring_the_best_costs_it_little() -> None:
    values = np.array([log_p(parse_smiles(text)) for text in SMILES]) * 100 + 1000
    known, asked = slice(0, None, 2), slice(1, None, 2)
    low, high = values.copy(), values.copy()
    bar = float(np.quantile(values, 0.7))
    low[values > bar], high[values > bar] = bar, INF
    judge = Judge(SMILES[known], low[known, None], high[known, None])
    means = judge.expect(SMILES[asked]).means[0]
    assert spearmanr(means, values[asked]).statistic > 0.4
    assert 800 < means.mean() < 1500
    settled = judge.settled()[:, 0]
    is_censored = np.isinf(high[known])
    assert settled[~is_censored] == pytest.approx(values[known][~is_censored])
    assert (settled[is_censored] >= bar).all()
    (errors,) = judge.errors()
    assert (errors.num_known, errors.num_censored) == (int((~is_censored).sum()), int(is_censored.sum()))


def test_a_property_that_was_not_measured_has_no_mean_and_another_that_was_has() -> None:
    low = np.array([[1.0, np.nan], [2.0, np.nan]])
    outlook = Judge(SMILES[:2], low, low).expect(SMILES[:3])
    assert np.isfinite(outlook.means[0]).all()
    assert np.isnan(outlook.means[1]).all()
    assert outlook.covariances.shape == (2, 3, 3)


def test_errors_are_those_of_known_values_and_sides_those_of_censored_ones() -> None:
    low, high = np.array([1.0, 2.0, 3.0, 5.0, -INF]), np.array([1.0, 2.0, 3.0, INF, 0.0])
    errors = errors_of(low, high, np.array([1.0, 2.0, 6.0, 4.0, -1.0]), np.full(5, 1.0))
    assert errors.rmse == pytest.approx(np.sqrt(3.0))
    # The others' means are 2.5, 2 and 1.5.
    assert errors.rmse_of_mean == pytest.approx(np.sqrt(np.mean([1.5**2, 0.0, 1.5**2])))
    assert errors.spearman == pytest.approx(1.0)
    assert errors.within_80 == pytest.approx(2 / 3)
    assert errors.right_side == 0.5
