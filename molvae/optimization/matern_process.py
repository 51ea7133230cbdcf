"""A Gaussian process on points: scored points in, draws of what the score may be elsewhere out.

The covariance is Matern's with nu = 5/2 and a length for each dimension. Lengths, scale and noise are those
of the highest posterior, with a prior on lengths that grows with the number of dimensions, so that a few
points in many dimensions are not taken for a needle's landscape.

Source: Rasmussen and Williams 2006, chapters 2 and 5; Hvarfner et al. 2024 (arXiv 2402.02229) for the prior.
"""

import math

import numpy as np
import scipy.linalg
import scipy.optimize
from scipy.spatial.distance import cdist

from molvae.errors import InputError
from molvae.interfaces import FloatArray

#: Steps of L-BFGS, noise that is never gone below, and what is added until a covariance can be factored.
NUM_STEPS, MIN_NOISE, JITTER = 15, 1e-4, 1e-8
#: The prior of a length: its logarithm is normal around this plus half that of the number of dimensions.
LOG_LENGTH, LOG_LENGTH_SPREAD = math.sqrt(2), math.sqrt(3)
#: The priors of the logarithms of scale and noise: normal, with a deviation of 1.
LOG_SCALE, LOG_NOISE = 0.0, math.log(0.05)
#: No logarithm goes further from the middle of its prior.
MAX_LOG = 6.0


class MaternProcess:
    """The posterior given `N` points.

    Args:
        points: `(N, D)`, about 1 apart at most in each dimension.
        targets: `(N,)`, about mean 0 and variance 1.
        like: a process of some of these points, whose lengths, scale and noise are where the search for them
            begins.

    Raises:
        InputError: for no points, or targets that are not finite or of another number.
    """

    def __init__(self, points: FloatArray, targets: FloatArray, like: "MaternProcess | None" = None) -> None:
        if len(targets) == 0 or len(targets) != len(points) or not np.isfinite(targets).all():
            raise InputError(
                f'a process needs a finite target for each point: "{len(points)}" points have '
                f'"{int(np.isfinite(targets).sum())}"'
            )
        self._points = np.asarray(points, dtype=np.float64)
        self._targets = np.asarray(targets, dtype=np.float64)
        dim = self._points.shape[1]
        length = LOG_LENGTH + 0.5 * math.log(dim)
        self._middle = np.array([*[length] * dim, LOG_SCALE, LOG_NOISE])
        self._spread = np.array([*[LOG_LENGTH_SPREAD] * dim, 1.0, 1.0])
        self._squares = np.square(self._points.T[:, :, None] - self._points.T[:, None, :])
        start = self._middle - [*[1.0] * dim, 0.0, 0.0] if like is None else like._logs
        self._logs: FloatArray = self._fitted(start)
        covariance, _ = self._covariance_of_points(self._logs)
        self._factor = _factor(covariance)
        self._weights = scipy.linalg.cho_solve((self._factor, True), self._targets, check_finite=False)

    @property
    def lengths(self) -> FloatArray:
        """`(D,)`: how far one has to go along each dimension for the score to be another one."""
        lengths: FloatArray = np.exp(self._logs[:-2])
        return lengths

    def predict(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Means and standard deviations, each `(M,)`, at points `(M, D)`."""
        mean, covariance = self._posterior(points)
        return mean, np.sqrt(np.maximum(covariance.diagonal(), 0.0))

    def draw(self, points: FloatArray, num_draws: int, generator: np.random.Generator) -> FloatArray:
        """Functions that the score may be, `(num_draws, M)`, at points `(M, D)`: joint draws."""
        mean, covariance = self._posterior(points)
        noise = generator.standard_normal((num_draws, len(mean)))
        draws: FloatArray = mean + noise @ _factor(covariance).T
        return draws

    def _posterior(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        asked = np.asarray(points, dtype=np.float64) / self.lengths
        known = self._points / self.lengths
        scale = math.exp(self._logs[-2])
        cross = scale * _matern(cdist(asked, known))
        explained = scipy.linalg.solve_triangular(self._factor, cross.T, lower=True, check_finite=False)
        covariance: FloatArray = scale * _matern(cdist(asked, asked)) - explained.T @ explained
        return cross @ self._weights, covariance

    def _covariance_of_points(self, logs: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The covariance `(N, N)` of the targets, and the distances in lengths."""
        apart = np.sqrt(np.tensordot(np.exp(-2 * logs[:-2]), self._squares, axes=1))
        covariance = math.exp(logs[-2]) * _matern(apart)
        covariance[np.diag_indices_from(covariance)] += math.exp(logs[-1]) + MIN_NOISE
        return covariance, apart

    def _fitted(self, start: FloatArray) -> FloatArray:
        """Logarithms of lengths, scale and noise `(D + 2,)` of the highest posterior."""
        limits = [(middle - MAX_LOG, middle + MAX_LOG) for middle in self._middle.tolist()]
        found = scipy.optimize.minimize(
            self._loss, start, jac=True, method="L-BFGS-B", bounds=limits, options={"maxiter": NUM_STEPS}
        )
        logs: FloatArray = np.asarray(found.x, dtype=np.float64)
        return logs

    def _loss(self, logs: FloatArray) -> tuple[float, FloatArray]:
        """The negative logarithm of the posterior of lengths, scale and noise, and its slope."""
        covariance, apart = self._covariance_of_points(logs)
        factor = _factor(covariance)
        weights = scipy.linalg.cho_solve((factor, True), self._targets, check_finite=False)
        deviations = (logs - self._middle) / self._spread
        value = 0.5 * self._targets @ weights + np.log(factor.diagonal()).sum()
        inverse = scipy.linalg.cho_solve((factor, True), np.eye(len(weights)), check_finite=False)
        pull = inverse - np.outer(weights, weights)
        noise = math.exp(logs[-1])
        scale = math.exp(logs[-2])
        falling = pull * (scale * 5 / 3 * (1 + math.sqrt(5) * apart) * np.exp(-math.sqrt(5) * apart))
        slope = np.empty_like(logs)
        slope[:-2] = 0.5 * np.tensordot(self._squares, falling, axes=2) * np.exp(-2 * logs[:-2])
        slope[-2] = 0.5 * (pull * scale * _matern(apart)).sum()
        slope[-1] = 0.5 * noise * pull.diagonal().sum()
        return float(value + 0.5 * np.square(deviations).sum()), slope + deviations / self._spread


def _matern(apart: FloatArray) -> FloatArray:
    """Matern's correlation, nu = 5/2, at distances in lengths."""
    far = math.sqrt(5) * apart
    correlation: FloatArray = (1 + far + np.square(far) / 3) * np.exp(-far)
    return correlation


def _factor(covariance: FloatArray) -> FloatArray:
    """The lower Cholesky factor, with as much added to the diagonal as it takes."""
    jitter = JITTER
    while True:
        raised = covariance + jitter * np.eye(len(covariance))
        try:
            factor: FloatArray = scipy.linalg.cholesky(raised, lower=True, check_finite=False)
        except scipy.linalg.LinAlgError:
            jitter *= 10
        else:
            return factor
