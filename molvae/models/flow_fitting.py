"""Learns the velocity field of a `FlowPrior`, by matching it to straight paths from noise to latents.

A field that is asked for long enough knows each of a few hundred latents by heart, and draws them again. So
some are held back, and the field that matches those best is the one that stays.

Source: Lipman et al. 2023 (arXiv 2210.02747), eq. 22 and 23.
"""

import copy
import logging
import math
import time

import torch
from torch import Tensor, nn

from molvae.models.fit_length import FitLength
from molvae.models.flow_prior import LAST_NOISE, FlowPrior, VelocityField
from molvae.progress import Progress

logger = logging.getLogger(__name__)

BATCH_SIZE = 512
#: At twice this rate a field of 128 latents learns to say nothing at all, as most of what it sees is noise.
LEARNING_RATE, WEIGHT_DECAY, MAX_GRADIENT_NORM = 1e-3, 1e-2, 1.0
#: Share of the fit in which the learning rate rises; it falls in a cosine after that.
WARMUP_SHARE = 0.05
#: The field that is kept is a mean over about 1 / (1 - AVERAGING) of the last steps.
AVERAGING = 0.999
#: Latents that are held back, as a share and at most; and how often the field is judged by them.
HELD_BACK, MAX_HELD_BACK, NUM_JUDGMENTS = 0.05, 2_000, 40
#: Paths that a judgment looks at.
JUDGED_PATHS = 4_096


def fit_flow(prior: FlowPrior, latents: Tensor, length: FitLength, seed: int = 0) -> FlowPrior:
    """Fits a flow to latents `(B, L)`, in place, and gives it back.

    Args:
        prior: its field is drawn anew first.
        latents: what its samples are to be like.
        length: how long.
        seed: of the weights, the batches and the noise.

    Raises:
        ValueError: with fewer than 4 latents.
    """
    if len(latents) < 4:
        raise ValueError(f"a flow needs at least 4 latents, got {len(latents)}")
    generator = torch.Generator().manual_seed(seed)
    prior.whiten_by(latents)
    points = prior.whitened(latents)[torch.randperm(len(latents), generator=generator)]
    num_held_back = min(MAX_HELD_BACK, max(1, round(HELD_BACK * len(points))))
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.manual_seed(seed)
        drawn = FlowPrior(prior.latent_dim, prior.field.first.out_features, len(prior.field.blocks)).field
        learned = _learn(drawn, points[num_held_back:], points[:num_held_back], length, generator)
    prior.field.load_state_dict(learned.state_dict())
    return prior


def _learn(
    velocity: VelocityField,
    points: Tensor,
    held_back: Tensor,
    length: FitLength,
    generator: torch.Generator,
) -> VelocityField:
    """The field that matches what is held back best, of those that are met in training `velocity`."""
    velocity.requires_grad_(True)
    mean = copy.deepcopy(velocity).requires_grad_(False)
    best, judge = copy.deepcopy(mean), _Judge(held_back, generator)
    least = judge.loss(best)
    optimizer = torch.optim.AdamW(velocity.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    num_steps, share, next_judgment, started = 0, 0.0, 1 / NUM_JUDGMENTS, time.monotonic()
    with Progress(length.steps, "fitting the flow") as bar:
        while share < 1:
            for group in optimizer.param_groups:
                group["lr"] = LEARNING_RATE * _rate_factor(share)
            rows = torch.randint(len(points), (BATCH_SIZE,), generator=generator)
            noise = torch.randn(BATCH_SIZE, points.shape[1], generator=generator)
            times = torch.rand(BATCH_SIZE, generator=generator)
            loss = matching_loss(velocity, points[rows], noise, times)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(velocity.parameters(), MAX_GRADIENT_NORM)
            optimizer.step()
            num_steps += 1
            _average(mean, velocity, min(AVERAGING, num_steps / (num_steps + 10)))
            share = length.share_done(num_steps, time.monotonic() - started)
            if share >= next_judgment:
                next_judgment = share + 1 / NUM_JUDGMENTS
                judged = judge.loss(mean)
                if judged < least:
                    least = judged
                    best.load_state_dict(mean.state_dict())
                bar.update(0, held_back=judged)
            bar.update(1)
    logger.debug("flow: %d steps, %.4f a latent of what is held back", num_steps, least)
    return best


def matching_loss(velocity: VelocityField, points: Tensor, noise: Tensor, times: Tensor) -> Tensor:
    """Mean squared error of velocities at times `(B,)` of paths from noise `(B, L)` to points `(B, L)`."""
    at = times[:, None]
    on_path = (1 - (1 - LAST_NOISE) * at) * noise + at * points  # eq. 22
    target = points - (1 - LAST_NOISE) * noise  # eq. 23
    return (velocity(on_path, times) - target).square().mean()


def _rate_factor(share: float) -> float:
    """Share of the highest learning rate: a straight rise, then half a cosine down to nothing."""
    if share < WARMUP_SHARE:
        return (share + 1e-3) / (WARMUP_SHARE + 1e-3)
    return 0.5 * (1 + math.cos(math.pi * (min(share, 1.0) - WARMUP_SHARE) / (1 - WARMUP_SHARE)))


@torch.no_grad()
def _average(mean: nn.Module, latest: nn.Module, keep: float) -> None:
    for kept, fresh in zip(mean.parameters(), latest.parameters(), strict=True):
        kept.lerp_(fresh, 1 - keep)


class _Judge:
    """The same paths to what is held back, each time, so that two fields can be compared."""

    def __init__(self, held_back: Tensor, generator: torch.Generator) -> None:
        num_paths = max(1, JUDGED_PATHS // len(held_back)) * len(held_back)
        self.points = held_back.repeat(num_paths // len(held_back), 1)
        self.noise = torch.randn(num_paths, held_back.shape[1], generator=generator)
        self.times = torch.rand(num_paths, generator=generator)

    @torch.no_grad()
    def loss(self, velocity: VelocityField) -> float:
        """The matching loss."""
        return float(matching_loss(velocity, self.points, self.noise, self.times))
