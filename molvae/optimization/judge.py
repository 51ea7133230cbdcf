"""What measurements say of molecules that were not measured: a process a property, in the property's units.

In: molecules and bounds `(N, P)` of their values, NaN where one was not measured. Out: means and covariances
at other molecules, and how wrong the judge is about each measured molecule when it has not seen that one.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import spearmanr

from molvae.interfaces import NORMAL_80, FloatArray
from molvae.optimization.censored_process import CensoredProcess
from molvae.optimization.features import count_fingerprints

#: Fewer known values than this say nothing about errors.
LEAST_TO_JUDGE = 3


class Outlook(NamedTuple):
    """What is to be expected of `M` molecules, by property.

    Attributes:
        means: `(P, M)`; NaN for a property without one measured value.
        covariances: `(P, M, M)`, of the values without the noise of a measurement.
        noises: `(P,)`, the variance of that noise.
    """

    means: FloatArray
    covariances: FloatArray
    noises: FloatArray

    @property
    def spreads(self) -> FloatArray:
        """Standard deviations `(P, M)` without the noise of a measurement."""
        variances = np.diagonal(self.covariances, axis1=1, axis2=2)
        return np.sqrt(np.maximum(variances, 0.0))


class Errors(NamedTuple):
    """How good a judge is on values that it did not see.

    Attributes:
        num_known: values that are known.
        num_censored: values of which a bound is known.
        rmse: root mean square error, of known values.
        rmse_of_mean: that of the mean of the other known values.
        spearman: rank correlation of known values and predictions.
        within_80: the share of known values in the interval that should hold 80 % of them.
        right_side: the share of censored values predicted within their bounds.
    """

    num_known: int
    num_censored: int
    rmse: float
    rmse_of_mean: float
    spearman: float
    within_80: float
    right_side: float


class Judge:
    """A judge of `P` properties.

    Args:
        smiles: `N` valid SMILES.
        low: lower bounds `(N, P)`; NaN where nothing was measured.
        high: upper bounds `(N, P)`; equal to the lower ones where a value is known.
    """

    def __init__(self, smiles: Sequence[str], low: FloatArray, high: FloatArray) -> None:
        self._fingerprints = count_fingerprints(smiles)
        self._bounds = [(low[:, column], high[:, column]) for column in range(low.shape[1])]
        self._is_measured = ~np.isnan(low)
        self._scales = [_scale(*bounds) for bounds in self._bounds]
        self._processes = [
            CensoredProcess(
                self._fingerprints[rows], *((bound[rows] - center) / deviation for bound in bounds)
            )
            for rows, bounds, (center, deviation) in zip(
                self._is_measured.T, self._bounds, self._scales, strict=True
            )
        ]

    def expect(self, smiles: Sequence[str]) -> Outlook:
        """What is to be expected of `M` valid SMILES."""
        fingerprints = count_fingerprints(smiles)
        means, covariances, noises = [], [], []
        for process, (center, deviation), rows in zip(
            self._processes, self._scales, self._is_measured.T, strict=True
        ):
            mean, covariance = process.predict(fingerprints)
            means.append(center + deviation * mean if rows.any() else np.full(len(smiles), np.nan))
            covariances.append(deviation**2 * covariance)
            noises.append(deviation**2 * process.choice.noise)
        shape = (len(means), len(smiles))
        return Outlook(
            np.array(means).reshape(shape), np.array(covariances).reshape(*shape, -1), np.array(noises)
        )

    def settled(self) -> FloatArray:
        """A value for every measured molecule and property, `(N, P)`.

        The known value; the expected one within its bounds where it is censored; the predicted one where
        nothing was measured, NaN without any value of the property.
        """
        values = np.full(self._is_measured.shape, np.nan)
        for column, (process, (center, deviation)) in enumerate(
            zip(self._processes, self._scales, strict=True)
        ):
            rows = self._is_measured[:, column]
            values[rows, column] = center + deviation * process.expected
            if rows.any() and not rows.all():
                mean, _ = process.predict(self._fingerprints[~rows])
                values[~rows, column] = center + deviation * mean
        return values

    def errors(self) -> list[Errors]:
        """The errors on values left out one by one, a property each; amplitude and noise saw them all."""
        found = []
        for process, bounds, (center, deviation), rows in zip(
            self._processes, self._bounds, self._scales, self._is_measured.T, strict=True
        ):
            said = process.left_out()
            low, high = (bound[rows] for bound in bounds)
            found.append(errors_of(low, high, center + deviation * said.mean, deviation * said.spread))
        return found


def _scale(low: FloatArray, high: FloatArray) -> tuple[float, float]:
    """Center and spread of a property's values, those that are censored at the bound that is finite."""
    values = np.where(np.isfinite(low), low, high)
    values = values[~np.isnan(values)]
    if len(values) == 0:
        return 0.0, 1.0
    deviation = float(values.std())
    is_constant = deviation <= 1e-9 * float(np.abs(values).max())
    return float(values.mean()), 1.0 if is_constant else deviation


def errors_of(low: FloatArray, high: FloatArray, mean: FloatArray, spread: FloatArray) -> Errors:
    """The errors of predictions `(N,)`, with their spreads, of values within bounds `(N,)`.

    Shares and errors are NaN where nothing, or too little, is there to tell them by.
    """
    is_known = low == high
    truth, said, spread = low[is_known], mean[is_known], spread[is_known]
    sides = (mean >= low)[~is_known] & (mean <= high)[~is_known]
    right_side = float(sides.mean()) if len(sides) else np.nan
    num = len(truth)
    if num < LEAST_TO_JUDGE:
        return Errors(num, len(sides), np.nan, np.nan, np.nan, np.nan, right_side)
    varies = np.ptp(truth) > 0 and np.ptp(said) > 0
    # The mean of the others is as much farther from a value as the mean of all is, times N / (N - 1).
    return Errors(
        num_known=num,
        num_censored=len(sides),
        rmse=float(np.sqrt(np.mean((truth - said) ** 2))),
        rmse_of_mean=float(truth.std()) * num / (num - 1),
        spearman=float(spearmanr(truth, said).statistic) if varies else np.nan,
        within_80=float(np.mean(np.abs(truth - said) <= NORMAL_80 * spread)),
        right_side=right_side,
    )
