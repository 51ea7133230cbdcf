"""What is random in training, each draw from the run's seed and the step's number alone."""

import numpy as np
import torch

from molvae.data.dataset import IndexArray


def step_generator(seed: int, step: int, device: torch.device) -> torch.Generator:
    """Where the noise of one step comes from."""
    state = np.random.SeedSequence([seed, step]).generate_state(1, np.uint64)[0]
    return torch.Generator(device).manual_seed(int(state >> np.uint64(1)))


def sample_indices(indices: IndexArray, size: int, seed: int) -> IndexArray:
    """At most `size` of the indices, each at most once."""
    if len(indices) <= size:
        return indices
    return np.random.default_rng(seed).choice(indices, size, replace=False)
