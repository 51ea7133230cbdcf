"""Densities over latents to draw samples from: N(0, I), and those that are fitted to the data's latents.

The Gaussian is here; a mixture of such is in `mixture_prior`, and a learned flow in `flow_prior`.
"""

import math
from collections.abc import Mapping
from typing import Protocol, Self

import torch
from torch import Tensor, nn

from molvae.models.flow_prior import FlowPrior
from molvae.models.mixture_prior import MixturePrior

#: Added to the covariance's diagonal, relative to its mean: a unit that never moves stays drawable.
RIDGE = 1e-6


class Sampler(Protocol):
    """Where latents come from."""

    def sample(self, num_samples: int, generator: torch.Generator | None = None) -> Tensor:
        """Draws `(num_samples, L)`."""
        ...


class Prior(Sampler, Protocol):
    """A density over latents `(B, L)`."""

    def log_prob(self, latents: Tensor) -> Tensor:
        """Log-densities `(B,)` of latents `(B, L)`, in nats."""
        ...


class StandardNormalPrior(nn.Module):
    """N(0, I), which a Gaussian bottleneck is trained towards; nothing to fit."""

    name = "standard-normal"

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        self.latent_dim = latent_dim

    def sample(self, num_samples: int, generator: torch.Generator | None = None) -> Tensor:
        """Draws `(num_samples, L)`."""
        return torch.randn(num_samples, self.latent_dim, generator=generator)

    def log_prob(self, latents: Tensor) -> Tensor:
        """Log-densities `(B,)`, in nats."""
        return -0.5 * (latents**2).sum(dim=1) - 0.5 * self.latent_dim * math.log(2 * math.pi)


class GaussianPrior(nn.Module):
    """A Gaussian with full covariance: an ex-post density for codes that were trained towards none.

    Source: Ghosh et al. 2020 (arXiv 1903.12436), section 4.
    """

    name = "gaussian"
    mean: Tensor
    factor: Tensor

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        self.latent_dim = latent_dim
        self.register_buffer("mean", torch.zeros(latent_dim))
        self.register_buffer("factor", torch.eye(latent_dim))

    @classmethod
    def sized_as(cls, state: Mapping[str, Tensor]) -> Self:
        """A Gaussian, not fitted, that the state of another one fits into.

        Raises:
            KeyError: it is the state of something else.
        """
        return cls(len(state["mean"]))

    def fit(self, latents: Tensor) -> Self:
        """Takes mean and covariance from latents `(B, L)`; `B` may be smaller than `L`.

        Raises:
            ValueError: with fewer than two latents.
        """
        if len(latents) < 2:
            raise ValueError(f"a Gaussian prior needs at least 2 latents, got {len(latents)}")
        centered = latents.double() - latents.double().mean(dim=0)
        covariance = centered.t() @ centered / (len(latents) - 1)
        ridge = RIDGE * covariance.diagonal().mean().clamp(min=1e-12)
        covariance.diagonal().add_(ridge)
        self.mean.copy_(latents.double().mean(dim=0))
        self.factor.copy_(torch.linalg.cholesky(covariance))
        return self

    def sample(self, num_samples: int, generator: torch.Generator | None = None) -> Tensor:
        """Draws `(num_samples, L)`."""
        noise = torch.randn(num_samples, self.latent_dim, generator=generator)
        return self.mean + noise @ self.factor.t()

    def log_prob(self, latents: Tensor) -> Tensor:
        """Log-densities `(B,)`, in nats."""
        normal = torch.distributions.MultivariateNormal(
            self.mean, scale_tril=self.factor, validate_args=False
        )
        return normal.log_prob(latents)


FittedPrior = GaussianPrior | MixturePrior | FlowPrior

FITTED_PRIORS: dict[str, type[GaussianPrior] | type[MixturePrior] | type[FlowPrior]] = {
    GaussianPrior.name: GaussianPrior,
    MixturePrior.name: MixturePrior,
    FlowPrior.name: FlowPrior,
}
PRIORS: dict[str, type[StandardNormalPrior] | type[FittedPrior]] = {
    StandardNormalPrior.name: StandardNormalPrior,
    **FITTED_PRIORS,
}
