"""Values known to lie between bounds, and what that says of a Gaussian process behind them.

In: a prior covariance `(C, C)`, mean 0, and bounds of `C` noisy values. Out: for each value the Gaussian
factor that stands for its bounds, by expectation propagation.

Source: Minka 2001; Rasmussen and Williams 2006, section 3.6, with an interval in the place of a class; Groot
and Lucas 2012 (expectation propagation for censored regression).
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.special import log_ndtr

from molvae.interfaces import FloatArray

#: Sweeps at most, the share of the way that factors go in one, and the change of a mean that ends them.
MAX_SWEEPS, DAMPING, TOLERANCE = 100, 0.7, 1e-5
#: The least precision of a factor: a bound that says nothing, as ">0" of a value of 100.
LEAST_PRECISION = 1e-8
_LOG_ROOT_TAU = 0.5 * np.log(2 * np.pi)


class Factors(NamedTuple):
    """What stands for the bounds of `C` values, each entry but the last `(C,)`.

    Attributes:
        targets: values which, known up to normal noise, would say the same.
        variances: of that noise.
        expected: the mean of each value given its bounds and all other values.
        log_evidence: the logarithm of the probability that all values lie within their bounds.
    """

    targets: FloatArray
    variances: FloatArray
    expected: FloatArray
    log_evidence: float


def truncated_moments(
    mean: FloatArray, variance: FloatArray, low: FloatArray, high: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log probabilities, means and variances `(C,)` of normal variables between bounds, perhaps infinite.

    Example:
    >>> zero = np.zeros(1)
    >>> [float(part[0].round(4)) for part in truncated_moments(zero, zero + 1, zero, zero + np.inf)]
    [-0.6931, 0.7979, 0.3634]
    """
    spread = np.sqrt(variance)
    alpha, beta = (low - mean) / spread, (high - mean) / spread
    # Above the mean the upper tails are compared, where both probabilities are small and not near 1.
    is_above = alpha > 0
    near, far = np.where(is_above, -alpha, beta), np.where(is_above, -beta, alpha)
    log_near, log_far = log_ndtr(near), log_ndtr(far)
    log_mass = log_near + np.log1p(-np.exp(np.minimum(log_far - log_near, -1e-15)))
    at_low, at_high = (np.exp(-0.5 * end**2 - _LOG_ROOT_TAU - log_mass) for end in (alpha, beta))
    shift = at_low - at_high
    slope = _times(alpha, at_low) - _times(beta, at_high)
    share = np.clip(1 + slope - shift**2, 1e-10, 1.0)
    return log_mass, mean + spread * shift, variance * share


def _times(end: FloatArray, density: FloatArray) -> FloatArray:
    """The product, 0 at an end that is infinite."""
    return np.where(np.isinf(end), 0.0, end) * density


def propagate(covariance: FloatArray, low: FloatArray, high: FloatArray, noise: float) -> Factors:
    """The factors for values between bounds `low` and `high` `(C,)`.

    Args:
        covariance: `(C, C)`, of the process, whose mean is 0.
        low: lower bounds, perhaps infinite.
        high: upper bounds, perhaps infinite, above the lower ones.
        noise: the variance of a value around the process.
    """
    precision, shift = np.full(len(low), LEAST_PRECISION), np.zeros(len(low))
    mean, variance, _ = _posterior(covariance, precision, shift)
    for _ in range(MAX_SWEEPS):
        cavity = _cavity(mean, variance, precision, shift)
        _, _, wanted_mean, wanted_variance = _tilted(*cavity, low, high, noise)
        wanted = np.maximum(1 / wanted_variance - 1 / cavity[1], LEAST_PRECISION)
        wanted_shift = wanted_mean / wanted_variance - cavity[0] / cavity[1]
        precision = (1 - DAMPING) * precision + DAMPING * wanted
        shift = (1 - DAMPING) * shift + DAMPING * wanted_shift
        before = mean
        mean, variance, _ = _posterior(covariance, precision, shift)
        if np.abs(mean - before).max() < TOLERANCE:
            break
    mean, variance, log_determinant = _posterior(covariance, precision, shift)
    cavity_mean, cavity_variance = _cavity(mean, variance, precision, shift)
    log_mass, expected, _, _ = _tilted(cavity_mean, cavity_variance, low, high, noise)
    # Each factor is scaled so that with the cavity it has the mass of the bounds: equation 3.73, one by one.
    joint_precision = 1 / cavity_variance + precision
    scales = (
        log_mass
        + 0.5 * np.log(joint_precision * cavity_variance)
        - 0.5 * (cavity_mean / cavity_variance + shift) ** 2 / joint_precision
        + 0.5 * cavity_mean**2 / cavity_variance
    )
    evidence = float(scales.sum() - 0.5 * log_determinant + 0.5 * shift @ mean)
    return Factors(shift / precision, 1 / precision, expected, evidence)


def _posterior(
    covariance: FloatArray, precision: FloatArray, shift: FloatArray
) -> tuple[FloatArray, FloatArray, float]:
    """Means and variances `(C,)` of the process given the factors, and log |B| (equations 3.67 and 3.68)."""
    root = np.sqrt(precision)
    factor = cholesky(np.eye(len(root)) + root[:, None] * covariance * root, lower=True, check_finite=False)
    explained = solve_triangular(factor, root[:, None] * covariance, lower=True, check_finite=False)
    mean = covariance @ shift - explained.T @ (explained @ shift)
    variance = np.maximum(np.diag(covariance) - np.square(explained).sum(axis=0), 1e-12)
    return mean, variance, 2 * float(np.log(np.diag(factor)).sum())


def _cavity(
    mean: FloatArray, variance: FloatArray, precision: FloatArray, shift: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Means and variances `(C,)` without each one's own factor (equation 3.56)."""
    cavity_variance = 1 / np.maximum(1 / variance - precision, 1e-10)
    return cavity_variance * (mean / variance - shift), cavity_variance


def _tilted(
    mean: FloatArray, variance: FloatArray, low: FloatArray, high: FloatArray, noise: float
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Log masses of the bounds, means of the values, and means and variances of the process, each `(C,)`."""
    total = variance + noise
    log_mass, expected, remaining = truncated_moments(mean, total, low, high)
    gain = variance / total
    return (
        log_mass,
        expected,
        mean + gain * (expected - mean),
        np.maximum(variance - gain**2 * (total - remaining), 1e-12),
    )
