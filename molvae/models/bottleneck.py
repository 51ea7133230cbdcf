"""Features `(B, F)` -> latents `(B, L)`: the one difference between the VAE and the autoencoders beside it.

Source: Kingma & Welling 2014 (arXiv 1312.6114): the VAE. Davidson et al. 2018 (arXiv 1804.00891): codes on a
sphere, with a uniform prior, and for the noisy bottleneck for their fixed power. Ghosh et al. 2020
(arXiv 1903.12436): an autoencoder whose codes are held near the origin, and decoded without noise.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from molvae.errors import SettingsError
from molvae.models.posteriors import (
    BOXES,
    GAUSSIANS,
    HALF_SIDE,
    POWER_SPHERICALS,
    PosteriorFamily,
    on_sphere,
)

#: Bounds of the log-variance: a spread between .0067 and 7.4, far beyond what training visits.
LOG_VARIANCE_RANGE = (-10.0, 4.0)
#: Where the log-variance starts: latents nearly exact, so that the decoder learns to use them at once.
FIRST_LOG_VARIANCE = -3.0
#: Bound of the log-odds of a mean resultant length: there a power spherical is as good as uniform.
LEAST_LOG_ODDS = -8.0


class Posterior(NamedTuple):
    """q(z|x) of `B` molecules.

    Attributes:
        mean: `(B, L)`.
        log_variance: `(B, L)`; minus infinity where the bottleneck is deterministic.
        kl_divergence: `(B, L)`, from q(z|x) to the prior, N(0, I) for a Gaussian, in nats a latent; 0 where
            nothing is paid for it. Of regularized codes half their squares, which is what a posterior's mean
            costs.
        levels: `(B,)`, the noise levels of the latents; None where the decoder is told of none.
        family: what the mean and the log-variance tell all of.
    """

    mean: Tensor
    log_variance: Tensor
    kl_divergence: Tensor
    levels: Tensor | None = None
    family: PosteriorFamily = GAUSSIANS

    def at_levels(self, levels: Tensor | None) -> "Posterior":
        """The posterior of the latents at noise levels `(B,)`: `sqrt(1 - s^2) mean`, spread `s`."""
        if levels is None or self.levels is None:
            return self
        mean = (1 - levels**2).sqrt()[:, None] * self.mean
        log_variance = (2 * levels.log())[:, None].expand_as(mean)
        return Posterior(mean, log_variance, self.kl_divergence, levels)

    def sample(self, generator: torch.Generator | None = None) -> Tensor:
        """One draw of q(z|x) a molecule, `(B, L)`; gradients pass."""
        return self.family.draw(self.mean, self.log_variance, generator)


class GaussianBottleneck(nn.Module):
    """The VAE's: a diagonal Gaussian posterior, paid for by its KL divergence from N(0, I)."""

    name = "gaussian"
    is_told_levels = False
    family: PosteriorFamily = GAUSSIANS

    def __init__(self, feature_dim: int, latent_dim: int) -> None:
        super().__init__()
        self.mean = nn.Linear(feature_dim, latent_dim)
        self.log_variance = nn.Linear(feature_dim, latent_dim)
        nn.init.constant_(self.log_variance.bias, FIRST_LOG_VARIANCE)

    def forward(self, features: Tensor) -> Posterior:
        """The posterior of features `(B, F)`."""
        mean = self.mean(features).float()
        log_variance = self.log_variance(features).float().clamp(*LOG_VARIANCE_RANGE)
        return Posterior(mean, log_variance, self.family.kl_divergence(mean, log_variance))


class HypercubeBottleneck(nn.Module):
    """A VAE's on a cube: uniform on a box in it, paid for by its KL divergence from the uniform prior.

    The box is in the cube whatever the features are, and costs the same wherever it is: the KL divergence
    pulls at its widths alone.
    """

    name = "hypercube"
    is_told_levels = False
    family: PosteriorFamily = BOXES

    def __init__(self, feature_dim: int, latent_dim: int) -> None:
        super().__init__()
        self.mean = nn.Linear(feature_dim, latent_dim)
        self.width = nn.Linear(feature_dim, latent_dim)
        first_share = math.exp(0.5 * FIRST_LOG_VARIANCE)
        nn.init.constant_(self.width.bias, math.log(first_share / (1 - first_share)))

    def forward(self, features: Tensor) -> Posterior:
        """The posterior of features `(B, F)`."""
        log_share = functional.logsigmoid(self.width(features).float())  # of the cube's side, at variance 1
        log_variance = (2 * log_share).clamp(min=LOG_VARIANCE_RANGE[0])
        room = HALF_SIDE * (1 - torch.exp(0.5 * log_variance))
        mean = room * torch.tanh(self.mean(features).float())
        kl_divergence = self.family.kl_divergence(mean, log_variance)
        return Posterior(mean, log_variance, kl_divergence, family=self.family)


class HypersphereBottleneck(nn.Module):
    """A VAE's on a sphere: power spherical posteriors, paid for by the divergence from the uniform prior.

    A direction and one concentration a molecule; the KL divergence pulls at that one alone.

    Raises:
        SettingsError: with one latent, where the sphere is two points.
    """

    name = "hypersphere"
    is_told_levels = False
    family: PosteriorFamily = POWER_SPHERICALS

    def __init__(self, feature_dim: int, latent_dim: int) -> None:
        super().__init__()
        if latent_dim < 2:
            raise SettingsError(f'latent_dim is "{latent_dim}"; a hypersphere needs at least 2')
        self.mean = nn.Linear(feature_dim, latent_dim)
        self.odds = nn.Linear(feature_dim, 1)
        nn.init.constant_(self.odds.bias, _log_odds(FIRST_LOG_VARIANCE))

    def forward(self, features: Tensor) -> Posterior:
        """The posterior of features `(B, F)`."""
        mean = on_sphere(self.mean(features).float())
        # Of the mean resultant length: kappa / (L - 1) is its odds.
        log_odds = self.odds(features).float().clamp(LEAST_LOG_ODDS, _log_odds(LOG_VARIANCE_RANGE[0]))
        log_variance = (math.log(2) + functional.logsigmoid(-log_odds)).expand_as(mean)
        kl_divergence = self.family.kl_divergence(mean, log_variance)
        return Posterior(mean, log_variance, kl_divergence, family=self.family)


def _log_odds(log_variance: float) -> float:
    """The log-odds of the mean resultant length at a log-variance."""
    return math.log(2 / math.exp(log_variance) - 1)


class DeterministicBottleneck(nn.Module):
    """The AE's: one molecule, one latent, and nothing to pay."""

    name = "deterministic"
    is_told_levels = False
    family: PosteriorFamily = GAUSSIANS

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
    family: PosteriorFamily = GAUSSIANS

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
    family: PosteriorFamily = GAUSSIANS

    def __init__(self, feature_dim: int, latent_dim: int) -> None:
        super().__init__()
        self.mean = nn.Linear(feature_dim, latent_dim)

    def forward(self, features: Tensor) -> Posterior:
        """The codes of features `(B, F)`: points, at level 0."""
        raw = self.mean(features).float()
        code = on_sphere(raw)
        levels = raw.new_zeros(len(raw))
        return Posterior(code, torch.full_like(code, -torch.inf), torch.zeros_like(code), levels)


Bottleneck = (
    GaussianBottleneck
    | HypercubeBottleneck
    | HypersphereBottleneck
    | DeterministicBottleneck
    | RegularizedBottleneck
    | NoisyBottleneck
)
#: Those whose latents are bought by a KL divergence, and so can collapse onto the prior.
VARIATIONAL = (GaussianBottleneck.name, HypercubeBottleneck.name, HypersphereBottleneck.name)

BOTTLENECKS: dict[str, type[Bottleneck]] = {
    GaussianBottleneck.name: GaussianBottleneck,
    DeterministicBottleneck.name: DeterministicBottleneck,
    RegularizedBottleneck.name: RegularizedBottleneck,
    NoisyBottleneck.name: NoisyBottleneck,
    HypercubeBottleneck.name: HypercubeBottleneck,
    HypersphereBottleneck.name: HypersphereBottleneck,
}
