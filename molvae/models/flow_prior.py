"""A learned flow over latents: noise is carried along a velocity field until it is distributed as they are.

The field is learned by `flow_fitting`. Here it is followed: from noise to latents for samples, and back, with
the trace of its Jacobian, for densities. Latents are whitened first, and what the field says is added to the
velocity that carries N(0, I) to N(0, I) along the same paths. So a flow that has learned nothing yet is the
Gaussian with the mean and the covariance of the latents, and all that it learns is what that one lacks.

Source: Lipman et al. 2023 (arXiv 2210.02747), eq. 20 to 23: conditional optimal-transport paths; Chen et al.
2018 (arXiv 1806.07366), eq. 8: the change of density along a flow.
"""

import math
from collections.abc import Mapping
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from molvae.models.noise import NUM_FEATURES, level_features

#: What is left of the noise at the end of a path, `sigma_min`, in standard deviations of the latents.
LAST_NOISE = 1e-3
#: Steps of the midpoint rule from noise to latents, or back.
NUM_STEPS = 24
#: Variances of principal axes are taken for no smaller than this share of their mean.
LEAST_VARIANCE = 1e-4
#: Rows that go through at once.
SAMPLE_ROWS, DENSITY_ROWS = 4096, 256


class VelocityField(nn.Module):
    """Whitened latents `(B, L)` on their way and the time (0 to 1) -> their velocity `(B, L)`.

    A residual perceptron beside the velocity between two standard normals.

    Args:
        latent_dim: `L`.
        hidden_dim: units a layer.
        num_blocks: residual blocks of two layers.
    """

    def __init__(self, latent_dim: int, hidden_dim: int, num_blocks: int) -> None:
        super().__init__()
        self.first = nn.Linear(latent_dim + NUM_FEATURES, hidden_dim)
        self.blocks = nn.ModuleList(_Block(hidden_dim) for _ in range(num_blocks))
        self.last = nn.Linear(hidden_dim, latent_dim)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, points: Tensor, times: Tensor) -> Tensor:
        """Velocities `(B, L)` of points `(B, L)` at times `(B,)`."""
        told = level_features(times)
        values = self.first(torch.cat([points, told], dim=1))
        for block in self.blocks:
            values = block(values, told)
        noise = 1 - (1 - LAST_NOISE) * times  # eq. 20: how much of the noise is left
        # The derivative by time of the logarithm of sqrt(noise^2 + t^2), the spread of x_t if x_1 is N(0, I).
        growth = (times - (1 - LAST_NOISE) * noise) / (noise**2 + times**2)
        return growth[:, None] * points + self.last(functional.silu(values))


class _Block(nn.Module):
    """Two layers whose sum with what came in goes out; the second starts at nothing."""

    def __init__(self, hidden_dim: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(hidden_dim)
        self.inner = nn.Linear(hidden_dim + NUM_FEATURES, hidden_dim)
        self.outer = nn.Linear(hidden_dim, hidden_dim)
        nn.init.zeros_(self.outer.weight)
        nn.init.zeros_(self.outer.bias)

    def forward(self, values: Tensor, told: Tensor) -> Tensor:
        inner = functional.silu(self.inner(torch.cat([self.norm(values), told], dim=1)))
        return values + self.outer(inner)


class FlowPrior(nn.Module):
    """Latents as what a velocity field makes of N(0, I). Fitted by `flow_fitting.fit_flow`.

    Args:
        latent_dim: `L`.
        hidden_dim: units a layer of the field.
        num_blocks: its residual blocks.
    """

    name = "flow"
    mean: Tensor
    axes: Tensor
    scale: Tensor

    def __init__(self, latent_dim: int, hidden_dim: int = 384, num_blocks: int = 3) -> None:
        super().__init__()
        self.latent_dim = latent_dim
        self.field = VelocityField(latent_dim, hidden_dim, num_blocks)
        self.register_buffer("mean", torch.zeros(latent_dim))
        self.register_buffer("axes", torch.eye(latent_dim))
        self.register_buffer("scale", torch.ones(latent_dim))
        self.requires_grad_(False)

    @classmethod
    def sized_as(cls, state: Mapping[str, Tensor]) -> Self:
        """A flow, not fitted, that the state of another one fits into.

        Raises:
            KeyError: it is the state of something else.
        """
        num_blocks = sum(name.endswith(".norm.weight") for name in state)
        return cls(len(state["mean"]), len(state["field.first.bias"]), num_blocks)

    def whiten_by(self, latents: Tensor) -> None:
        """Takes mean, principal axes and their spreads `(L,)` from latents `(B, L)`, `B` at least 2."""
        values = latents.double()
        variances, axes = torch.linalg.eigh(torch.cov(values.t()).reshape(self.latent_dim, self.latent_dim))
        least = (LEAST_VARIANCE * variances.mean()).clamp(min=1e-12)
        self.mean.copy_(values.mean(dim=0))
        self.axes.copy_(axes)
        self.scale.copy_(variances.clamp(min=float(least)).sqrt())

    def whitened(self, latents: Tensor) -> Tensor:
        """Latents `(B, L)` in their principal axes, in units of the spreads there."""
        return (latents - self.mean) @ self.axes / self.scale

    @torch.no_grad()
    def sample(self, num_samples: int, generator: torch.Generator | None = None) -> Tensor:
        """Draws `(num_samples, L)`."""
        noise = torch.randn(num_samples, self.latent_dim, generator=generator)
        points = torch.cat([self._carried(rows) for rows in noise.split(SAMPLE_ROWS)])
        return self.mean + (points * self.scale) @ self.axes.t()

    @torch.no_grad()
    def log_prob(self, latents: Tensor) -> Tensor:
        """Log-densities `(B,)`, in nats; with the exact trace of the Jacobian, which costs `L` gradients."""
        parts = [self._log_prob(rows) for rows in self.whitened(latents).split(DENSITY_ROWS)]
        return torch.cat(parts) - self.scale.log().sum()

    def _carried(self, points: Tensor) -> Tensor:
        """Where points `(B, L)` of time 0 are at time 1, by the midpoint rule."""
        step = 1 / NUM_STEPS
        for index in range(NUM_STEPS):
            halfway = points + 0.5 * step * self._velocity(points, index * step)
            points = points + step * self._velocity(halfway, (index + 0.5) * step)
        return points

    def _log_prob(self, points: Tensor) -> Tensor:
        """Log-densities `(B,)` of whitened latents: that of the noise they come from, less the divergence."""
        step = 1 / NUM_STEPS
        divergence = points.new_zeros(len(points))
        for index in reversed(range(NUM_STEPS)):
            halfway = points - 0.5 * step * self._velocity(points, (index + 1) * step)
            velocity, trace = self._velocity_and_trace(halfway, (index + 0.5) * step)
            points, divergence = points - step * velocity, divergence + step * trace
        of_noise = -0.5 * (points**2).sum(dim=1) - 0.5 * self.latent_dim * math.log(2 * math.pi)
        return of_noise - divergence  # Chen et al. 2018, eq. 8

    def _velocity(self, points: Tensor, time: float) -> Tensor:
        velocity: Tensor = self.field(points, points.new_full((len(points),), time))
        return velocity

    @torch.enable_grad()
    def _velocity_and_trace(self, points: Tensor, time: float) -> tuple[Tensor, Tensor]:
        """Velocities `(B, L)` at points `(B, L)`, and the traces `(B,)` of their Jacobians."""
        points = points.requires_grad_()
        velocity = self._velocity(points, time)
        trace = points.new_zeros(len(points))
        for index in range(self.latent_dim):
            (slope,) = torch.autograd.grad(velocity[:, index].sum(), points, retain_graph=True)
            trace += slope[:, index]
        return velocity.detach(), trace
