"""A mixture of Gaussians over latents: latents that lie in clumps, which no single Gaussian can follow."""

import logging
import warnings
from collections.abc import Mapping
from typing import Self

import torch
from torch import Tensor, nn
from torch.distributions import MultivariateNormal

logger = logging.getLogger(__name__)

#: Added to the covariances' diagonals, relative to the mean variance: a unit that never moves stays drawable.
RIDGE = 1e-6
MAX_ITERATIONS = 200


class MixturePrior(nn.Module):
    """`K` Gaussians with full covariances and their weights, fitted by expectation maximisation.

    A component that holds few latents could not tell its covariance, which has `L (L + 1) / 2` entries. So
    each takes over as much from the mean of all components' covariances as `L` latents of its own weigh.

    Args:
        latent_dim: `L`.
        num_components: `K`.

    Source: Ghosh et al. 2020 (arXiv 1903.12436), section 4, for a mixture as an ex-post density; Friedman
    1989 (J. Am. Stat. Assoc. 84, 165), eq. 15 and 16, for covariances drawn towards the pooled one.
    """

    name = "mixture"
    weights: Tensor
    means: Tensor
    factors: Tensor

    def __init__(self, latent_dim: int, num_components: int = 10) -> None:
        super().__init__()
        self.latent_dim = latent_dim
        self.register_buffer("weights", torch.full((num_components,), 1 / num_components))
        self.register_buffer("means", torch.zeros(num_components, latent_dim))
        self.register_buffer("factors", torch.eye(latent_dim).repeat(num_components, 1, 1))

    @classmethod
    def sized_as(cls, state: Mapping[str, Tensor]) -> Self:
        """A mixture, not fitted, that the state of another one fits into.

        Raises:
            KeyError: it is the state of something else.
        """
        num_components, latent_dim = state["means"].shape
        return cls(latent_dim, num_components)

    def fit(self, latents: Tensor, seed: int = 0) -> Self:
        """Takes weights, means and covariances from latents `(B, L)`.

        Args:
            latents: `B` may be smaller than `L`, but is at least `2 K`.
            seed: of where the components start.

        Raises:
            ValueError: with fewer latents.
        """
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.mixture import GaussianMixture

        num_components = len(self.weights)
        if len(latents) < 2 * num_components:
            least = 2 * num_components
            raise ValueError(
                f"a mixture of {num_components} needs at least {least} latents, got {len(latents)}"
            )
        ridge = RIDGE * float(latents.double().var(dim=0).mean().clamp(min=1e-12))
        mixture = GaussianMixture(num_components, reg_covar=ridge, max_iter=MAX_ITERATIONS, random_state=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            mixture.fit(latents.double().numpy())
        logger.debug("mixture of %d: %d iterations", num_components, mixture.n_iter_)
        weights = torch.from_numpy(mixture.weights_)
        covariances = torch.from_numpy(mixture.covariances_)
        pooled = (weights[:, None, None] * covariances).sum(dim=0)
        counts = (weights * len(latents))[:, None, None]
        covariances = (counts * covariances + self.latent_dim * pooled) / (counts + self.latent_dim)
        self.weights.copy_(weights)
        self.means.copy_(torch.from_numpy(mixture.means_))
        self.factors.copy_(torch.linalg.cholesky(covariances))
        return self

    def sample(self, num_samples: int, generator: torch.Generator | None = None) -> Tensor:
        """Draws `(num_samples, L)`."""
        noise = torch.randn(num_samples, self.latent_dim, generator=generator)
        if num_samples == 0:
            return noise
        chosen = torch.multinomial(self.weights, num_samples, replacement=True, generator=generator)
        for index, (mean, factor) in enumerate(zip(self.means, self.factors, strict=True)):
            rows = chosen == index
            noise[rows] = mean + noise[rows] @ factor.t()
        return noise

    def log_prob(self, latents: Tensor) -> Tensor:
        """Log-densities `(B,)`, in nats."""
        parts = [
            weight.log() + MultivariateNormal(mean, scale_tril=factor, validate_args=False).log_prob(latents)
            for weight, mean, factor in zip(self.weights, self.means, self.factors, strict=True)
        ]
        return torch.logsumexp(torch.stack(parts), dim=0)
