"""Features `(B, F)` -> latents `(B, L)`: the one difference between the VAE and the autoencoders beside it.

Source: Kingma & Welling 2014 (arXiv 1312.6114): the reparameterised sample, eq. 10 and the KL divergence
between a diagonal Gaussian and N(0, I), appendix B. Davidson et al. 2018 (arXiv 1804.00891): codes on a
sphere; of which only the sphere is taken here, for its fixed power. Ghosh et al. 2020 (arXiv 1903.12436): an
autoencoder whose codes are held near the origin, and decoded without noise.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

#: Bounds of the log-variance: a spread between .0067 and 7.4, far beyond what training visits.
LOG_VARIANCE_RANGE = (-10.0, 4.0)
#: Where the log-variance starts: latents nearly exact, so that the decoder learns to use them at once.
FIRST_LOG_VARIANCE = -3.0


class Posterior(NamedTuple):
    """q(z|x) of `B` molecules.

    Attributes:
        mean: `(B, L)`.
        log_variance: `(B, L)`; minus infinity where the bottleneck is deterministic.
        kl_divergence: `(B, L)`, from q(z|x) to N(0, I), in nats a latent; 0 where nothing is paid for it. Of
            regularized codes half their squares, which is what a posterior's mean costs.
        levels: `(B,)`, the noise levels of the latents; None where the decoder is told of none.
    """

    mean: Tensor
    log_variance: Tensor
    kl_divergence: Tensor
    levels: Tensor | None = None

    def at_levels(self, levels: Tensor | None) -> "Posterior":
        """The posterior of the latents at noise levels `(B,)`: `sqrt(1 - s^2) mean`, spread `s`."""
        if levels is None or self.levels is None:
            return self
        mean = (1 - levels**2).sqrt()[:, None] * self.mean
        log_variance = (2 * levels.log())[:, None].expand_as(mean)
        return Posterior(mean, log_variance, self.kl_divergence, levels)

    def sample(self, generator: torch.Generator | None = None) -> Tensor:
        """One draw of q(z|x) a molecule, `(B, L)`: `z = mean + spread * noise` (eq. 10)."""
        noise = torch.empty_like(self.mean).normal_(generator=generator)
        return self.mean + torch.exp(0.5 * self.log_variance) * noise


def on_sphere(latents: Tensor) -> Tensor:
    """Latents `(B, L)` moved along their own directions to the sphere of radius sqrt(L)."""
    return functional.normalize(latents, dim=1) * latents.shape[1] ** 0.5


class GaussianBottleneck(nn.Module):
    """The VAE's: a diagonal Gaussian posterior, paid for by its KL divergence from N(0, I)."""

    name = "gaussian"
    is_told_levels = False

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
    is_told_levels = False

    def __init__(self, feature_dim: int, latent_dim: int) -> None:
        super().__init__()
        self.mean = nn.Linear(feature_dim, latent_dim)

    def forward(self, features: Tensor) -> Posterior:
        """The posterior of features `(B, F)`: a point."""
        mean = self.mean(features).float()
        return Posterior(mean, torch.full_like(mean, -torch.inf), torch.zeros_like(mean))


class RegularizedBottleneck(nn.Module):
    """A regularized AE's: a point, paid for by half its squared length (Ghosh et al. 2020, eq. 9, RAE-L2)."""

    name = "regularized"
    is_told_levels = False

    def __init__(self, feature_dim: int, latent_dim: int) -> None:
        super().__init__()
        self.mean = nn.Linear(feature_dim, latent_dim)

    def forward(self, features: Tensor) -> Posterior:
        """The posterior of features `(B, F)`: a point."""
        mean = self.mean(features).float()
        return Posterior(mean, torch.full_like(mean, -torch.inf), 0.5 * mean**2)


class NoisyBottleneck(nn.Module):
    """Codes at every noise level, from none (an autoencoder) to nothing else (a language model).

    A code lies on the sphere of radius sqrt(L), so its power is that of the noise and can't be raised to
    drown it; how much a latent tells is a matter of the level alone. Nothing is paid for it.
    """

    name = "noisy"
    is_told_levels = True

    def __init__(self, feature_dim: int, latent_dim: int) -> None:
        super().__init__()
        self.mean = nn.Linear(feature_dim, latent_dim)

    def forward(self, features: Tensor) -> Posterior:
        """The codes of features `(B, F)`: points, at level 0."""
        raw = self.mean(features).float()
        code = on_sphere(raw)
        levels = raw.new_zeros(len(raw))
        return Posterior(code, torch.full_like(code, -torch.inf), torch.zeros_like(code), levels)


Bottleneck = GaussianBottleneck | DeterministicBottleneck | RegularizedBottleneck | NoisyBottleneck

BOTTLENECKS: dict[str, type[Bottleneck]] = {
    GaussianBottleneck.name: GaussianBottleneck,
    DeterministicBottleneck.name: DeterministicBottleneck,
    RegularizedBottleneck.name: RegularizedBottleneck,
    NoisyBottleneck.name: NoisyBottleneck,
}
