"""Noise levels: how much of a latent is noise, from 0 (none) to 1 (nothing else), and what tells a network.

A latent at level s is `sqrt(1 - s^2) code + s noise` with noise from N(0, I), the variance-preserving path
of diffusion models: at 0 it is the code, at 1 a draw from N(0, I) that tells nothing of the molecule.

Source: Ho et al. 2020 (arXiv 2006.11239), eq. 4 (with alpha-bar = 1 - s^2); Vincent et al. 2008 (denoising
autoencoders).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

#: Share of a batch without noise, at first and at last; and how far training is when it begins to grow. What
#: lies around a molecule is learned early, that each comes back exactly takes until the end: molecules with
#: noise, each of which costs ten times as many nats, would drown what is still to be learned then.
CLEAN_SHARES, GROWS_FROM = (0.6, 0.9), 0.4
#: Share of the rest that is nothing but noise. The others lie between, uniformly.
NOISE_SHARE = 0.25
#: Cosines that stand for a level: enough to tell .05 from .1.
NUM_FEATURES = 8


def clean_share(progress: float) -> float:
    """The share of a batch that has no noise when training is so far, 0 to 1.

    Example:
        >>> [round(clean_share(progress), 2) for progress in (0.0, 0.4, 0.7, 1.0)]
        [0.6, 0.6, 0.75, 0.9]
    """
    first, last = CLEAN_SHARES
    return first + (last - first) * min(max(progress - GROWS_FROM, 0.0) / (1 - GROWS_FROM), 1.0)


def draw_levels(
    num_levels: int, device: torch.device, generator: torch.Generator | None = None, progress: float = 1.0
) -> Tensor:
    """Levels `(num_levels,)` as training meets them when it is so far, 0 to 1."""
    draws = torch.empty(num_levels, device=device).uniform_(generator=generator)
    clean = clean_share(progress)
    between = (1 - clean) * (1 - NOISE_SHARE)
    return ((draws - clean) / between).clamp(0, 1)


def level_features(levels: Tensor) -> Tensor:
    """What a network is told of levels `(B,)`: cosines `(B, NUM_FEATURES)`."""
    frequencies = torch.arange(1, NUM_FEATURES + 1, device=levels.device) * torch.pi
    return torch.cos(levels[:, None] * frequencies)


class LatentDenoiser(nn.Module):
    """Noisy latents and their levels -> a guess at what was there before, and the level beside it.

    Args:
        latent_dim: `L`.
        hidden_dim: units a layer.
    """

    def __init__(self, latent_dim: int, hidden_dim: int) -> None:
        super().__init__()
        self.output_dim = latent_dim + NUM_FEATURES
        self.first = nn.Linear(latent_dim + NUM_FEATURES, hidden_dim)
        self.second = nn.Linear(hidden_dim, hidden_dim)
        self.last = nn.Linear(hidden_dim, latent_dim)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, latents: Tensor, levels: Tensor) -> Tensor:
        """`(B, L + NUM_FEATURES)` of latents `(B, L)` at levels `(B,)`."""
        told = level_features(levels)
        values = functional.silu(self.first(torch.cat([latents, told], dim=1)))
        values = values + functional.silu(self.second(values))
        return torch.cat([latents + self.last(values).float(), told], dim=1)
