"""The covariance matrix adaptation evolution strategy: minimises a function of vectors that it never sees.

In: the values of the points it proposed. Out: better points. It knows nothing of molecules.

Source: N. Hansen, The CMA Evolution Strategy: A Tutorial, arXiv 1604.00772 (2016), whose equation numbers
stand beside the arithmetic; the separable variant is of Ros and Hansen, PPSN X (2008).
"""

import math
from dataclasses import dataclass

import numpy as np

from molvae.errors import SettingsError
from molvae.interfaces import FloatArray

ALPHA_COV = 2.0


@dataclass(frozen=True, kw_only=True)
class _Constants:
    """The strategy's parameters in `N` dimensions with population `P` (Table 1 of the tutorial)."""

    weights: FloatArray
    mu_eff: float
    c_sigma: float
    d_sigma: float
    c_c: float
    c_1: float
    c_mu: float
    expected_norm: float


def default_population(dim: int) -> int:
    """The population that suits `dim` dimensions, eq. (48).

    Example:
        >>> default_population(16)
        12
    """
    return 4 + int(3 * math.log(dim))


def _constants(dim: int, population: int, separable: bool) -> _Constants:
    raw = math.log((population + 1) / 2) - np.log(np.arange(1, population + 1))  # eq. (49)
    positive, negative = raw[raw > 0], raw[raw <= 0]
    mu_eff = positive.sum() ** 2 / (positive**2).sum()
    mu_eff_negative = negative.sum() ** 2 / max((negative**2).sum(), 1e-12)
    c_1 = ALPHA_COV / ((dim + 1.3) ** 2 + mu_eff)  # eq. (57)
    c_mu = ALPHA_COV * (0.25 + mu_eff + 1 / mu_eff - 2) / ((dim + 2) ** 2 + ALPHA_COV * mu_eff / 2)
    if separable:  # Ros and Hansen: fewer numbers to learn, so they are learned faster
        c_1, c_mu = (rate * (dim + 2) / 3 for rate in (c_1, c_mu))
    c_1 = min(c_1, 0.5)
    c_mu = min(1 - c_1, c_mu)  # eq. (58)
    alpha = min(
        1 + c_1 / c_mu,  # eq. (50)
        1 + 2 * mu_eff_negative / (mu_eff + 2),  # eq. (51)
        (1 - c_1 - c_mu) / (dim * c_mu),  # eq. (52)
    )
    weights = np.where(raw > 0, raw / positive.sum(), alpha * raw / max(-negative.sum(), 1e-12))  # eq. (53)
    c_sigma = (mu_eff + 2) / (dim + mu_eff + 5)  # eq. (55)
    return _Constants(
        weights=weights,
        mu_eff=mu_eff,
        c_sigma=c_sigma,
        d_sigma=1 + 2 * max(0.0, math.sqrt((mu_eff - 1) / (dim + 1)) - 1) + c_sigma,
        c_c=(4 + mu_eff / dim) / (dim + 4 + 2 * mu_eff / dim),  # eq. (56)
        c_1=c_1,
        c_mu=c_mu,
        expected_norm=math.sqrt(dim) * (1 - 1 / (4 * dim) + 1 / (21 * dim**2)),  # of N(0, I)
    )


class CMAES:
    """Ask for points, tell their values, a generation at a time; lower is better.

    Args:
        mean: `(N,)`, where to start.
        step_size: the initial standard deviation along each axis, in the units of `mean`.
        generator: source of the random numbers.
        population: points a generation; None for the default of `N` dimensions.
        separable: learn a variance for each axis and no covariances: for hundreds of dimensions.

    Raises:
        SettingsError: for a population below 3 or a step size that is not positive.
    """

    def __init__(
        self,
        mean: FloatArray,
        step_size: float,
        generator: np.random.Generator,
        population: int | None = None,
        separable: bool = False,
    ) -> None:
        self.mean = np.array(mean, dtype=np.float64)
        self.dim = len(self.mean)
        self.population = default_population(self.dim) if population is None else population
        if self.population < 3:
            raise SettingsError(f'the CMA-ES population is "{self.population}": at least 3 points are needed')
        if not step_size > 0:
            raise SettingsError(f'the CMA-ES step size is "{step_size}": give a positive number')
        self.step_size = float(step_size)
        self.num_generations = 0
        self._separable = separable
        self._generator = generator
        self._constants = _constants(self.dim, self.population, separable)
        self._path_sigma = np.zeros(self.dim)
        self._path_c = np.zeros(self.dim)
        self._covariance = np.eye(self.dim)
        self._axes = np.eye(self.dim)
        self._lengths = np.ones(self.dim)

    def ask(self, num_points: int | None = None) -> FloatArray:
        """Points `(num_points, N)` from the search distribution; a whole generation unless told otherwise."""
        num_points = self.population if num_points is None else num_points
        normal = self._generator.standard_normal((num_points, self.dim))  # eq. (38)
        steps = (normal * self._lengths) @ self._axes.T  # eq. (39)
        return self.mean + self.step_size * steps  # eq. (40)

    def tell(self, points: FloatArray, values: FloatArray) -> None:
        """Learns from one generation: points `(population, N)` and their values `(population,)`.

        NaN ranks worst. With no number among the values, nothing is learned.

        Raises:
            ValueError: for any other number of points.
        """
        if points.shape != (self.population, self.dim) or values.shape != (self.population,):
            raise ValueError(
                f"expected points ({self.population}, {self.dim}) and as many values, "
                f"got {points.shape} and {values.shape}"
            )
        if np.isnan(values).all():
            return
        order = np.argsort(np.where(np.isnan(values), np.inf, values), kind="stable")
        steps = (points[order] - self.mean) / self.step_size
        self.num_generations += 1
        mean_step = self._move(steps)
        self._adapt_covariance(steps, mean_step)

    def _move(self, steps: FloatArray) -> FloatArray:
        """Moves the mean and the step size; gives the mean step `(N,)`."""
        c = self._constants
        num_parents = int((c.weights > 0).sum())
        mean_step = c.weights[:num_parents] @ steps[:num_parents]  # eq. (41)
        self.mean = self.mean + self.step_size * mean_step  # eq. (42) with c_m = 1, eq. (54)
        gain = math.sqrt(c.c_sigma * (2 - c.c_sigma) * c.mu_eff)
        self._path_sigma = (1 - c.c_sigma) * self._path_sigma + gain * self._whiten(mean_step)  # eq. (43)
        excess = float(np.linalg.norm(self._path_sigma)) / c.expected_norm - 1
        self.step_size *= math.exp(
            min(1.0, c.c_sigma / c.d_sigma * excess)
        )  # eq. (44), growth held to a factor e
        return mean_step

    def _adapt_covariance(self, steps: FloatArray, mean_step: FloatArray) -> None:
        c = self._constants
        fading = math.sqrt(1 - (1 - c.c_sigma) ** (2 * self.num_generations))
        path_norm = float(np.linalg.norm(self._path_sigma)) / fading
        h_sigma = float(path_norm < (1.4 + 2 / (self.dim + 1)) * c.expected_norm)
        gain = math.sqrt(c.c_c * (2 - c.c_c) * c.mu_eff)
        self._path_c = (1 - c.c_c) * self._path_c + h_sigma * gain * mean_step  # eq. (45)
        whitened_norms = (self._whiten(steps) ** 2).sum(axis=1)
        scale = np.where(c.weights >= 0, 1.0, self.dim / np.maximum(whitened_norms, 1e-12))
        weights = c.weights * scale  # eq. (46)
        lost = (1 - h_sigma) * c.c_c * (2 - c.c_c)
        self._covariance = (
            (1 + c.c_1 * lost - c.c_1 - c.c_mu * c.weights.sum()) * self._covariance
            + c.c_1 * np.outer(self._path_c, self._path_c)
            + c.c_mu * (steps.T * weights) @ steps
        )  # eq. (47)
        if self._separable:
            self._covariance = np.diag(np.diag(self._covariance))
            self._lengths = np.sqrt(np.maximum(np.diag(self._covariance), 1e-20))
            return
        self._covariance = (self._covariance + self._covariance.T) / 2
        eigenvalues, self._axes = np.linalg.eigh(self._covariance)
        self._lengths = np.sqrt(np.maximum(eigenvalues, 1e-20))

    def _whiten(self, steps: FloatArray) -> FloatArray:
        """Steps `(..., N)` times the inverse square root of the covariance."""
        return ((steps @ self._axes) / self._lengths) @ self._axes.T
