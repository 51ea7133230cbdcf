"""A Gaussian process on count fingerprints of values some of which are censored.

In: molecules and the bounds of their values, both the same where a value is known. Out: what to expect of
other molecules, how sure to be, and what each molecule was expected to have before its own value was known.

The covariance of two molecules is their Tanimoto similarity times an amplitude, and a constant, as the mean
of all is unknown too. Amplitude and noise are the likeliest ones of a grid, with a mild preference for the
middle of it, so that five values can do no harm. Censored values are learned from by expectation propagation.

Source: Rasmussen and Williams 2006, algorithm 2.1 and equations 5.10 to 5.12; `censored_moments`.
"""

import itertools
from typing import NamedTuple

import numpy as np
from scipy.linalg import cholesky, solve_triangular

from molvae.chem.fingerprints import CountArray, tanimoto_of_counts
from molvae.errors import InputError
from molvae.interfaces import FloatArray
from molvae.optimization.censored_moments import Factors, propagate

#: In units of the values' spread: variances of the process and of the noise that are tried, and the variance
#: of the mean.
AMPLITUDES, NOISES, MEAN_VARIANCE = (0.25, 0.5, 1.0, 2.0, 4.0), (0.003, 0.01, 0.03, 0.1, 0.3, 1.0), 1.0
#: The middle of the grid, and how many natural logarithms away from it cost half a nat.
MIDDLE, WIDTHS = (1.0, 0.1), (1.0, 2.0)
#: Molecules that amplitude and noise are chosen by, at most.
MAX_COMPARED = 300


class Choice(NamedTuple):
    """Variances of the process and of the noise, in units of the values' variance."""

    amplitude: float
    noise: float


class LeftOut(NamedTuple):
    """What was to be expected of each of `N` values without it: means and spreads `(N,)`."""

    mean: FloatArray
    spread: FloatArray


class CensoredProcess:
    """The posterior given `N` molecules; without any, the prior.

    Args:
        fingerprints: counts `(N, num_bits)`.
        low: lower bounds of the values `(N,)`, about mean 0 and variance 1.
        high: upper bounds `(N,)`; where they equal the lower ones the value is known.
        choice: of amplitude and noise; the likeliest unless given.

    Raises:
        InputError: for bounds that are NaN, the wrong way round, or of another number.
    """

    def __init__(
        self, fingerprints: CountArray, low: FloatArray, high: FloatArray, choice: Choice | None = None
    ) -> None:
        if not (len(fingerprints) == len(low) == len(high) and (low <= high).all()):
            raise InputError(
                f'"{len(fingerprints)}" molecules have "{int((low <= high).sum())}" pairs of bounds; '
                "give each a lower and an upper one"
            )
        self._fingerprints = fingerprints
        similarity = _similarity(fingerprints, fingerprints)
        self.choice = _likeliest(similarity, low, high) if choice is None else choice
        settled = _settled(_covariance(similarity, self.choice), low, high, self.choice.noise)
        self.expected = settled.expected
        self._targets = settled.targets
        joint = _covariance(similarity, self.choice) + np.diag(settled.variances)
        self._factor = cholesky(joint, lower=True) if len(low) else np.zeros((0, 0))
        self._weights = self._solve(self._solve(self._targets), transposed=True)

    def predict(self, fingerprints: CountArray) -> tuple[FloatArray, FloatArray]:
        """Means `(B,)` and covariances `(B, B)` of the process at count fingerprints `(B, num_bits)`."""
        cross = _covariance(_similarity(fingerprints, self._fingerprints), self.choice)
        explained = self._solve(cross.T)
        prior = _covariance(_similarity(fingerprints, fingerprints), self.choice)
        return cross @ self._weights, prior - explained.T @ explained

    def left_out(self) -> LeftOut:
        """What was to be expected of each value without it, noise included (equation 5.12)."""
        inverse = self._solve(np.eye(len(self._targets)))
        precisions = np.square(inverse).sum(axis=0)
        own = 1 / precisions
        return LeftOut(self._targets - self._weights * own, np.sqrt(own))

    def _solve(self, values: FloatArray, *, transposed: bool = False) -> FloatArray:
        if len(self._factor) == 0:
            return values
        solved: FloatArray = solve_triangular(self._factor, values, lower=True, trans=int(transposed))
        return solved


def _similarity(left: CountArray, right: CountArray) -> FloatArray:
    matrix: FloatArray = tanimoto_of_counts(left, right).astype(np.float64)
    return matrix


def _covariance(similarity: FloatArray, choice: Choice) -> FloatArray:
    return choice.amplitude * similarity + MEAN_VARIANCE


def _likeliest(similarity: FloatArray, low: FloatArray, high: FloatArray) -> Choice:
    """The choice of the grid with the most evidence, which is the middle one without values."""
    if len(low) == 0:
        return Choice(*MIDDLE)
    if len(low) > MAX_COMPARED:
        rows = np.linspace(0, len(low) - 1, MAX_COMPARED).astype(int)
        similarity, low, high = similarity[np.ix_(rows, rows)], low[rows], high[rows]

    def worth(choice: Choice) -> float:
        away = [
            np.log(value / middle) / width
            for value, middle, width in zip(choice, MIDDLE, WIDTHS, strict=True)
        ]
        settled = _settled(_covariance(similarity, choice), low, high, choice.noise)
        return settled.log_evidence - 0.5 * float(np.square(away).sum())

    return max(itertools.starmap(Choice, itertools.product(AMPLITUDES, NOISES)), key=worth)


def _settled(covariance: FloatArray, low: FloatArray, high: FloatArray, noise: float) -> Factors:
    """Factors of all values `(N,)`: those that are known as they are, the others given these."""
    is_exact = low == high
    targets, expected = np.where(is_exact, low, 0.0), np.where(is_exact, low, 0.0)
    variances = np.full(len(low), noise)
    log_evidence, center, within = 0.0, np.zeros(len(low)), covariance
    if is_exact.any():
        known = covariance[np.ix_(is_exact, is_exact)] + noise * np.eye(int(is_exact.sum()))
        factor = cholesky(known, lower=True)
        said = solve_triangular(factor, low[is_exact], lower=True)
        log_evidence -= 0.5 * float(said @ said) + float(np.log(np.diag(factor)).sum())
        log_evidence -= 0.5 * len(said) * float(np.log(2 * np.pi))
        explained = solve_triangular(factor, covariance[is_exact], lower=True)
        center, within = explained.T @ said, covariance - explained.T @ explained
    if not is_exact.all():
        others = ~is_exact
        mean = center[others]
        found = propagate(within[np.ix_(others, others)], low[others] - mean, high[others] - mean, noise)
        targets[others], expected[others] = found.targets + mean, found.expected + mean
        variances[others] = found.variances
        log_evidence += found.log_evidence
    return Factors(targets, variances, expected, log_evidence)
