"""Families of posteriors q(z|x): all of one is told by its mean and its log-variance, each `(B, L)`.

A family draws, says what a posterior costs against its own prior, and knows which latents there are.
Gaussians fill all of the space; boxes lie in a cube and power sphericals on a sphere, both of the power of
N(0, I).

Source: Kingma & Welling 2014 (arXiv 1312.6114), appendix B. De Cao & Aziz 2020 (arXiv 2006.04437), the power
spherical distribution: its density, entropy and draws (algorithm 1).
"""

import math
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

#: Half the side of the cube: a uniform variable has the variance 1 there.
HALF_SIDE = math.sqrt(3.0)
#: Widths of boxes, relative, by which a point may miss one for rounding.
ROUNDING = 1e-5


class PosteriorFamily(Protocol):
    """What can be done with posteriors that a mean and a log-variance, each `(B, L)`, tell all of."""

    def draw(self, mean: Tensor, log_variance: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """One draw each, `(B, L)`; gradients pass."""
        ...

    def kl_divergence(self, mean: Tensor, log_variance: Tensor) -> Tensor:
        """From each posterior to the family's prior, `(B, L)`, in nats a latent."""
        ...

    def log_densities(self, latents: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
        """Of latents `(N, L)` under each of `B` posteriors, `(N, B)`, in nats."""
        ...

    def nearest(self, latents: Tensor) -> Tensor:
        """The nearest of the latents that there are to each of any `(B, L)`."""
        ...


def on_sphere(latents: Tensor) -> Tensor:
    """Latents `(B, L)` moved along their own directions to the sphere of radius sqrt(L)."""
    return functional.normalize(latents, dim=1) * latents.shape[1] ** 0.5


class Gaussians:
    """Diagonal Gaussians, with N(0, I) as the prior; points, where the log-variance is minus infinity."""

    def draw(self, mean: Tensor, log_variance: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """`z = mean + spread * noise` (Kingma & Welling 2014, eq. 10)."""
        noise = torch.empty_like(mean).normal_(generator=generator)
        return mean + torch.exp(0.5 * log_variance) * noise

    def kl_divergence(self, mean: Tensor, log_variance: Tensor) -> Tensor:
        """Appendix B of the same."""
        return 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance)

    def log_densities(self, latents: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
        """In double precision, as differences of large numbers are taken."""
        latents, mean, log_variance = latents.double(), mean.double(), log_variance.double()
        precision = torch.exp(-log_variance)
        distances = latents**2 @ precision.t() - 2 * latents @ (mean * precision).t()
        distances = distances + (mean**2 * precision).sum(dim=1)
        return -0.5 * (distances + (log_variance + math.log(2 * math.pi)).sum(dim=1))

    def nearest(self, latents: Tensor) -> Tensor:
        """All of them are latents."""
        return latents


class Boxes:
    """Uniform distributions on boxes in the cube from -sqrt(3) to sqrt(3), whose own is the prior.

    A box of widths `w` has the variances `w^2 / 12` and costs `ln(2 sqrt(3) / w)` a latent wherever it is.
    """

    def draw(self, mean: Tensor, log_variance: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """The middle, and a uniform share of the width beside it."""
        noise = torch.empty_like(mean).uniform_(-0.5, 0.5, generator=generator)
        return mean + self._widths(log_variance) * noise

    def kl_divergence(self, mean: Tensor, log_variance: Tensor) -> Tensor:
        """The logarithm of how often a width goes into the cube's side."""
        return (-0.5 * log_variance).expand_as(mean)

    def log_densities(self, latents: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
        """Minus infinity outside a box."""
        widths = self._widths(log_variance)
        reach = (0.5 + ROUNDING) * widths
        inside = torch.ones(len(latents), len(mean), dtype=torch.bool, device=mean.device)
        for column in range(mean.shape[1]):
            inside &= (latents[:, column, None] - mean[None, :, column]).abs() <= reach[None, :, column]
        density = -widths.double().log().sum(dim=1)
        return torch.where(inside, density, -torch.inf)

    def nearest(self, latents: Tensor) -> Tensor:
        """What is outside of the cube is moved to its surface."""
        return latents.clamp(-HALF_SIDE, HALF_SIDE)

    @staticmethod
    def _widths(log_variance: Tensor) -> Tensor:
        return 2 * HALF_SIDE * torch.exp(0.5 * log_variance)


class PowerSphericals:
    """Power spherical distributions on the sphere of radius sqrt(L), whose own is the prior.

    The density is a power `kappa`, the concentration, of `1 + cos` of the angle to the mean, which here is
    the direction that a posterior points in, a place on the sphere; its log-variance, the same for all
    latents, is that of the deviation from there: `2 (1 - rho)`, with the mean resultant length
    `rho = kappa / (L - 1 + kappa)`. Densities are on the unit sphere's surface.
    """

    def draw(self, mean: Tensor, log_variance: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """A cosine drawn from a Beta distribution, and a uniform direction across (algorithm 1).

        The direction is noise less its part along the mean, in place of the paper's reflection: that has the
        same distribution.
        """
        alpha, beta = self._shapes(mean, log_variance)
        shares = _Dirichlet.apply(torch.stack([alpha, beta], dim=1), generator).to(mean.dtype)  # type: ignore[no-untyped-call]
        cosine = shares[:, :1] - shares[:, 1:]
        sine = 2 * (shares[:, :1] * shares[:, 1:]).clamp(min=torch.finfo(mean.dtype).tiny).sqrt()
        direction = functional.normalize(mean, dim=1)
        noise = torch.empty_like(mean).normal_(generator=generator)
        across = noise - (noise * direction).sum(dim=1, keepdim=True) * direction
        radius = mean.shape[1] ** 0.5
        return radius * (cosine * direction + sine * functional.normalize(across, dim=1))

    def kl_divergence(self, mean: Tensor, log_variance: Tensor) -> Tensor:
        """The uniform distribution's entropy less the posterior's, in equal parts a latent."""
        alpha, beta = self._shapes(mean, log_variance)
        kappa, dim = alpha - beta, mean.shape[1]
        negentropy = kappa * (math.log(2) + alpha.digamma() - (alpha + beta).digamma())
        negentropy = negentropy - _log_normalizer(alpha, beta)
        log_area = math.log(2) + dim / 2 * math.log(math.pi) - math.lgamma(dim / 2)
        # 0 at least: at a concentration near 0 the two differ by less than their rounding.
        kl_divergence = (negentropy + log_area).clamp(min=0.0).to(mean.dtype)
        return (kl_divergence / dim)[:, None].expand_as(mean)

    def log_densities(self, latents: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
        """The power of `1 + cos`, normalized."""
        alpha, beta = self._shapes(mean, log_variance)
        directions = (functional.normalize(part.double(), dim=1) for part in (latents, mean))
        start, end = directions
        cosine = (start @ end.t()).clamp(-1.0, 1.0)
        return (alpha - beta) * torch.log1p(cosine) - _log_normalizer(alpha, beta)

    def nearest(self, latents: Tensor) -> Tensor:
        """Along its own direction."""
        return on_sphere(latents)

    @staticmethod
    def _shapes(mean: Tensor, log_variance: Tensor) -> tuple[Tensor, Tensor]:
        """The Beta distribution's `alpha` and `beta`, `(B,)` doubles; `kappa` is the difference."""
        beta = (mean.shape[1] - 1) / 2
        odds = torch.expm1(math.log(2) - log_variance[:, 0].double()).clamp(min=0.0)  # rho / (1 - rho)
        return beta + 2 * beta * odds, torch.full_like(odds, beta)


def _log_normalizer(alpha: Tensor, beta: Tensor) -> Tensor:
    """Minus the logarithm of what the density's power is multiplied by."""
    total = alpha + beta
    return total * math.log(2) + beta * math.log(math.pi) + alpha.lgamma() - total.lgamma()


class _Dirichlet(torch.autograd.Function):
    """Draws `(B, K)` by a generator, which `torch.distributions` does not take; gradients are as there.

    Source: Figurnov et al. 2018 (arXiv 1805.08498), implicit reparameterisation.
    """

    @staticmethod
    def forward(ctx: Any, concentration: Tensor, generator: torch.Generator | None) -> Tensor:
        draws = torch._sample_dirichlet(concentration, generator=generator)
        ctx.save_for_backward(draws, concentration)
        return draws

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        draws, concentration = ctx.saved_tensors
        total = concentration.sum(dim=-1, keepdim=True).expand_as(concentration)
        slope = torch._dirichlet_grad(draws, concentration, total)
        return slope * (gradient - (draws * gradient).sum(dim=-1, keepdim=True)), None


GAUSSIANS, BOXES, POWER_SPHERICALS = Gaussians(), Boxes(), PowerSphericals()
