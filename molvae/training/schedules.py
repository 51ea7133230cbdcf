"""How far training is (0 to 1) -> learning rate and KL weight.

Both follow the run's progress and not its step, so the same settings serve a run bounded in minutes, in
steps or in epochs.
"""

import math
from typing import Literal

KLSchedule = Literal["constant", "linear", "cyclical"]

#: Share of the run in which the learning rate rises from 0.
WARMUP_SHARE = 0.02
#: The learning rate at the end, as a share of its highest.
LAST_LEARNING_RATE = 0.01
#: Cycles of the cyclical schedule, and the share of a cycle that is ramp (Fu et al. 2019, section 3).
NUM_CYCLES, CYCLE_RAMP = 4, 0.5
#: Share of the run at which the linear ramp ends. It begins at once and is short: with minutes of little KL
#: weight the latents of a large run drift hundreds of nats away from N(0, I), and coming back costs more.
RAMP_END = 0.1


def learning_rate_factor(progress: float) -> float:
    """Share of the highest learning rate at `progress` (0 to 1): a short rise, then half a cosine.

    Example:
        >>> learning_rate_factor(0.01), learning_rate_factor(0.02), round(learning_rate_factor(1.0), 3)
        (0.5, 1.0, 0.01)
    """
    if progress < WARMUP_SHARE:
        return progress / WARMUP_SHARE
    fall = 0.5 * (1 + math.cos(math.pi * (min(progress, 1.0) - WARMUP_SHARE) / (1 - WARMUP_SHARE)))
    return LAST_LEARNING_RATE + (1 - LAST_LEARNING_RATE) * fall


def kl_weight_factor(schedule: KLSchedule, progress: float) -> float:
    """Share of the full KL weight at `progress` (0 to 1).

    `linear` starts at 0, so that the decoder learns to read the latents before they cost anything;
    `cyclical` repeats the ramp (Fu et al. 2019, arXiv 1903.10145).

    Example:
        >>> [round(kl_weight_factor("linear", p), 2) for p in (0.0, 0.05, 0.1, 1.0)]
        [0.0, 0.5, 1.0, 1.0]
        >>> [round(kl_weight_factor("cyclical", p), 2) for p in (0.0, 0.0625, 0.2, 0.25)]
        [0.0, 0.5, 1.0, 0.0]
    """
    if schedule == "constant":
        return 1.0
    if schedule == "linear":
        return min(progress / RAMP_END, 1.0)
    within = (progress * NUM_CYCLES) % 1.0 if progress < 1.0 else 1.0
    return min(within / CYCLE_RAMP, 1.0)
