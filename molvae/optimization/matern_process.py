"""A Gaussian process on points: scored points in, draws of what the score may be elsewhere out.

The covariance is Matern's with nu = 5/2 and a length for each dimension. Lengths, scale and noise are those
of the highest posterior, with a prior on lengths that grows with the number of dimensions, so that a few
points in many dimensions are not taken for a needle's landscape.

Source: Rasmussen and Williams 2006, chapters 2 and 5; Hvarfner et al. 2024 (arXiv 2402.02229) for the prior.
"""

import math

import numpy as np
import torch
from torch import Tensor

from molvae.errors import InputError
from molvae.interfaces import FloatArray

#: Steps of L-BFGS, noise that is never gone below, and what is added until a covariance can be factored.
NUM_STEPS, MIN_NOISE, JITTER = 15, 1e-4, 1e-6
#: The prior of a length: its logarithm is normal around this plus half that of the number of dimensions.
LOG_LENGTH, LOG_LENGTH_SPREAD = math.sqrt(2), math.sqrt(3)
#: The priors of the logarithms of scale and noise: normal, with a deviation of 1.
LOG_SCALE, LOG_NOISE = 0.0, math.log(0.05)


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
        self._points = torch.from_numpy(np.asarray(points, dtype=np.float64))
        self._targets = torch.from_numpy(np.asarray(targets, dtype=np.float64))
        dim = self._points.shape[1]
        self._center = LOG_LENGTH + 0.5 * math.log(dim)
        first = [*[self._center - 1.0] * dim, LOG_SCALE, LOG_NOISE]
        start = torch.tensor(first, dtype=torch.float64) if like is None else like._logs.detach().clone()
        self._logs: Tensor = start.requires_grad_()
        self._fit()
        with torch.no_grad():
            self._factor = _factor(self._covariance_of_points())
            self._weights = torch.cholesky_solve(self._targets[:, None], self._factor)[:, 0]

    @property
    def lengths(self) -> FloatArray:
        """`(D,)`: how far one has to go along each dimension for the score to be another one."""
        lengths: FloatArray = self._logs[:-2].detach().exp().numpy()
        return lengths

    def predict(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Means and standard deviations, each `(M,)`, at points `(M, D)`."""
        mean, covariance = self._posterior(points)
        spread = covariance.diagonal().clamp_min(0.0).sqrt()
        return mean.numpy(), spread.numpy()

    def draw(self, points: FloatArray, num_draws: int, generator: np.random.Generator) -> FloatArray:
        """Functions that the score may be, `(num_draws, M)`, at points `(M, D)`: joint draws."""
        mean, covariance = self._posterior(points)
        noise = torch.from_numpy(generator.standard_normal((len(points), num_draws)))
        draws: FloatArray = (mean[:, None] + _factor(covariance) @ noise).T.numpy()
        return draws

    @torch.no_grad()
    def _posterior(self, points: FloatArray) -> tuple[Tensor, Tensor]:
        asked = torch.from_numpy(np.asarray(points, dtype=np.float64))
        cross = self._covariance(asked, self._points)
        explained = torch.linalg.solve_triangular(self._factor, cross.T, upper=False)
        return cross @ self._weights, self._covariance(asked, asked) - explained.T @ explained

    def _covariance(self, left: Tensor, right: Tensor) -> Tensor:
        lengths = self._logs[:-2].exp()
        squares = torch.cdist(left / lengths, right / lengths, compute_mode="donot_use_mm_for_euclid_dist")
        apart = math.sqrt(5.0) * squares
        return self._logs[-2].exp() * (1 + apart + apart.square() / 3) * torch.exp(-apart)

    def _covariance_of_points(self) -> Tensor:
        noise = self._logs[-1].exp() + MIN_NOISE
        return self._covariance(self._points, self._points) + noise * torch.eye(
            len(self._points), dtype=torch.float64
        )

    def _fit(self) -> None:
        optimizer = torch.optim.LBFGS([self._logs], max_iter=NUM_STEPS, line_search_fn="strong_wolfe")

        def loss() -> Tensor:
            optimizer.zero_grad()
            value = self._loss()
            value.backward()
            return value

        with torch.enable_grad():
            optimizer.step(loss)

    def _loss(self) -> Tensor:
        """The negative logarithm of the posterior of lengths, scale and noise."""
        factor = _factor(self._covariance_of_points())
        weights = torch.cholesky_solve(self._targets[:, None], factor)[:, 0]
        likelihood = 0.5 * self._targets @ weights + factor.diagonal().log().sum()
        lengths = ((self._logs[:-2] - self._center) / LOG_LENGTH_SPREAD).square().sum()
        others = (self._logs[-2] - LOG_SCALE).square() + (self._logs[-1] - LOG_NOISE).square()
        return likelihood + 0.5 * (lengths + others)


def _factor(covariance: Tensor) -> Tensor:
    """The lower Cholesky factor, with as much added to the diagonal as it takes."""
    jitter, identity = JITTER, torch.eye(len(covariance), dtype=covariance.dtype)
    while True:
        factor, info = torch.linalg.cholesky_ex(covariance + jitter * identity)
        if not int(info):
            return factor
        jitter *= 10
