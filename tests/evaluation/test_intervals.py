"""Bootstrap intervals: how often they hold the truth, against scipy's, and what pairing is good for."""

import numpy as np
import pytest
from scipy import stats

from molvae.errors import InputError
from molvae.evaluation.intervals import bootstrap, difference_interval, mean_interval


def test_the_interval_holds_the_true_mean_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(1)
    held = 0
    for trial in range(200):
        interval = mean_interval(generator.exponential(2, size=60), seed=trial, num_resamples=200)
        held += interval.low <= 2 <= interval.high
    # .95 of 200 is 190 with a spread of 3; the percentile interval of a skewed mean is known to hold less.
    assert 178 <= held <= 197


def test_the_interval_is_as_wide_as_that_of_the_normal_distribution() -> None:
    values = np.random.default_rng(2).normal(5, 3, size=400)
    interval = mean_interval(values, confidence=0.9)
    half = stats.norm.ppf(0.95) * values.std() / 20
    assert interval.value == pytest.approx(values.mean())
    assert (interval.high - interval.low) / 2 == pytest.approx(half, rel=0.1)


def test_pairs_that_differ_by_the_same_have_no_width_however_they_vary() -> None:
    hard = np.random.default_rng(3).normal(size=50)
    interval = difference_interval(hard + 0.25, hard)
    assert interval == pytest.approx((0.25, 0.25, 0.25))


def test_any_statistic_has_an_interval() -> None:
    values = np.random.default_rng(4).normal(size=300)
    interval = bootstrap(lambda rows: float(np.median(values[rows])), 300, num_resamples=300)
    # The median's standard error is 1.253 times the mean's.
    assert interval.value == np.median(values)
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * 1.253 / np.sqrt(300), rel=0.25)


def test_a_statistic_that_is_infinite_at_times_has_an_end_that_is() -> None:
    finite = np.arange(1.0, 5.0)
    interval = bootstrap(lambda rows: float(rows.min()) if 3 in rows else np.inf, 4)
    assert interval == (0, 0, np.inf)
    # One of four is missed by (3/4)^4 = .32 of all draws, so half of the draws have no infinite end.
    assert bootstrap(lambda rows: finite[0] if 3 in rows else np.inf, 4, confidence=0.3).high == 1


def test_the_draws_follow_from_the_seed() -> None:
    values = np.arange(20.0)
    assert mean_interval(values, seed=1) == mean_interval(values, seed=1) != mean_interval(values, seed=2)


def test_no_molecules_missing_values_and_odd_pairs_are_refused() -> None:
    with pytest.raises(InputError, match="give at least one"):
        mean_interval(np.array([]))
    with pytest.raises(InputError, match='"1" of "2" values are NaN'):
        mean_interval(np.array([1.0, np.nan]))
    with pytest.raises(InputError, match="no pairs"):
        difference_interval(np.ones(2), np.ones(3))
