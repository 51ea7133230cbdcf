"""A number for each molecule in, a mean and how far it can be trusted out: bootstrap intervals, seeded.

The molecules are drawn anew, with replacement, as many as there are; the interval holds the middle of what
the statistic then is. It is about the choice of molecules alone: models of other seeds differ by more.

Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), section 13.3 (percentile interval).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from molvae.errors import InputError
from molvae.interfaces import FloatArray

NUM_RESAMPLES = 1000
CONFIDENCE = 0.95

RowArray = npt.NDArray[np.intp]


class Interval(NamedTuple):
    """A value and the ends of its interval, in the value's unit."""

    value: float
    low: float
    high: float


def bootstrap(
    statistic: Callable[[RowArray], float],
    num_molecules: int,
    *,
    seed: int = 0,
    num_resamples: int = NUM_RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Interval:
    """Returns any statistic of molecules, with its interval.

    Not for what asks how near molecules are to one another: one that is drawn twice is its own neighbor. A
    statistic may be infinite, as a radius that is never reached; then an end of the interval may be too.

    Args:
        statistic: takes the rows `(num_molecules,)` that were drawn, some of them more than once.
        num_molecules: how many there are.
        seed: of the draws. The same seed draws the same rows, whatever the statistic.
        num_resamples: how often the molecules are drawn.
        confidence: the share of what was found that the interval holds.

    Raises:
        InputError: there is no molecule.

    Example:
        >>> logp = np.arange(101.0)
        >>> bootstrap(lambda rows: float(np.median(logp[rows])), 101).value
        50.0
    """
    if num_molecules == 0:
        raise InputError("an interval of no molecules can't be drawn: give at least one")
    generator = np.random.default_rng(seed)
    found = [statistic(generator.integers(num_molecules, size=num_molecules)) for _ in range(num_resamples)]
    ordered = np.sort(found)
    outside = int((1 - confidence) / 2 * num_resamples)
    low, high = ordered[outside], ordered[-1 - outside]
    return Interval(float(statistic(np.arange(num_molecules))), float(low), float(high))


def mean_interval(
    values: FloatArray,
    *,
    seed: int = 0,
    num_resamples: int = NUM_RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Interval:
    """Returns the mean of values `(N,)`, one a molecule, with its interval.

    Raises:
        InputError: there is no value, or one is NaN.

    Example:
        >>> mean_interval(np.ones(10))
        Interval(value=1.0, low=1.0, high=1.0)
    """
    known = _known(values)
    return bootstrap(
        lambda rows: float(known[rows].mean()),
        len(known),
        seed=seed,
        num_resamples=num_resamples,
        confidence=confidence,
    )


def difference_interval(
    left: FloatArray,
    right: FloatArray,
    *,
    seed: int = 0,
    num_resamples: int = NUM_RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Interval:
    """Returns the mean of `left` less that of `right`, with its interval, both `(N,)` of the same molecules.

    Each molecule is drawn with both its values, so that what is hard for both arms cancels.

    Raises:
        InputError: the two differ in length, there is no value, or one is NaN.

    Example:
        >>> difference_interval(np.array([2.0, 7.0]), np.array([1.0, 6.0]))
        Interval(value=1.0, low=1.0, high=1.0)
    """
    if len(left) != len(right):
        raise InputError(
            f'"{len(left)}" and "{len(right)}" values are no pairs: give both arms the same molecules'
        )
    return mean_interval(
        _known(left) - _known(right), seed=seed, num_resamples=num_resamples, confidence=confidence
    )


def _known(values: FloatArray) -> npt.NDArray[np.float64]:
    """Returns the values in double precision, once it is known that none is NaN."""
    doubles = np.asarray(values, dtype=np.float64)
    if np.isnan(doubles).any():
        raise InputError(
            f'"{int(np.isnan(doubles).sum())}" of "{len(doubles)}" values are NaN: leave those molecules '
            "out, of both arms"
        )
    return doubles
