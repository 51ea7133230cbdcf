"""Features `(B, F)` -> latents `(B, L)`: the one difference between the VAE and the deterministic AE.

Source: Kingma & Welling 2014 (arXiv 1312.6114): the reparameterised sample, eq. 10 and the KL divergence
between a diagonal Gaussian and N(0, I), appendix B.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

#: Bounds of the log-variance: a spread between .0067 and 7.4, far beyond what training visits.
LOG_VARIANCE_RANGE = (-10.0, 4.0)
#: Where the log-variance starts: latents nearly exact, so that the decoder learns to use them at once.
FIRST_LOG_VARIANCE = -3.0


class Posterior(NamedTuple):
    """q(z|x) of `B` molecules.

    Attributes:
        mean: `(B, L)`.
        log_variance: `(B, L)`; minus infinity where the bottleneck is deterministic.
        kl_divergence: `(B, L)`, from q(z|x) to N(0, I), in nats a latent; 0 where deterministic.
    """

    mean: Tensor
    log_variance: Tensor
    kl_divergence: Tensor

    def sample(self, generator: torch.Generator | None = None) -> Tensor:
        """One draw of q(z|x) a molecule, `(B, L)`: `z = mean + spread * noise` (eq. 10)."""
        noise = torch.empty_like(self.mean).normal_(generator=generator)
        return self.mean + torch.exp(0.5 * self.log_variance) * noise


class GaussianBottleneck(nn.Module):
    """The VAE's: a diagonal Gaussian posterior, paid for by its KL divergence from N(0, I)."""

    name = "gaussian"

    def __init__(self, feature_dim: int, latent_dim: int) -> None:
        super().__init__()
        self.mean = nn.Linear(feature_dim, latent_dim)
        self.log_variance = nn.Linear(feature_dim, latent_dim)
        nn.init.constant_(self.log_variance.bias, FIRST_LOG_VARIANCE)

    def forward(self, features: Tensor) -> Posterior:
        """The posterior of features `(B, F)`."""
        mean = self.mean(features).float()
        log_variance = self.log_variance(features).float().clamp(*LOG_VARIANCE_RANGE)
        kl_divergence = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance)  # appendix B
        return Posterior(mean, log_variance, kl_divergence)


class DeterministicBottleneck(nn.Module):
    """The AE's: one molecule, one latent, and nothing to pay."""

    name = "deterministic"

    def __init__(self, feature_dim: int, latent_dim: int) -> None:
        super().__init__()
        self.mean = nn.Linear(feature_dim, latent_dim)

    def forward(self, features: Tensor) -> Posterior:
        """The posterior of features `(B, F)`: a point."""
        mean = self.mean(features).float()
        return Posterior(mean, torch.full_like(mean, -torch.inf), torch.zeros_like(mean))


BOTTLENECKS: dict[str, type[GaussianBottleneck] | type[DeterministicBottleneck]] = {
    GaussianBottleneck.name: GaussianBottleneck,
    DeterministicBottleneck.name: DeterministicBottleneck,
}
