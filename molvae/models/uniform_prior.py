"""Uniform priors on a cube and on a sphere, which a VAE on one of these is trained towards."""

import math

import torch
from torch import Tensor, nn

from molvae.models.posteriors import HALF_SIDE, on_sphere


class UniformCubePrior(nn.Module):
    """Uniform between -sqrt(3) and sqrt(3) in each latent; nothing to fit."""

    name = "uniform"

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        self.latent_dim = latent_dim

    def sample(self, num_samples: int, generator: torch.Generator | None = None) -> Tensor:
        """Draws `(num_samples, L)`."""
        return torch.empty(num_samples, self.latent_dim).uniform_(-HALF_SIDE, HALF_SIDE, generator=generator)

    def log_prob(self, latents: Tensor) -> Tensor:
        """Log-densities `(B,)`, in nats; minus infinity outside the cube."""
        is_inside = (latents.abs() <= HALF_SIDE * (1 + 1e-6)).all(dim=1)
        return torch.where(is_inside, -self.latent_dim * math.log(2 * HALF_SIDE), -torch.inf)


class UniformSpherePrior(nn.Module):
    """Uniform on the sphere of radius sqrt(L); nothing to fit.

    It has no density over all of the latent space.
    """

    name = "uniform"

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        self.latent_dim = latent_dim

    def sample(self, num_samples: int, generator: torch.Generator | None = None) -> Tensor:
        """Draws `(num_samples, L)`."""
        return on_sphere(torch.randn(num_samples, self.latent_dim, generator=generator))
