"""Fits the perceptrons of a property head to labelled latents that stand still.

Each member of the ensemble leaves out its own share of the labelled molecules and stops where it predicts
those best, so labels are not overfitted and none is wasted: what one member leaves out, the others learn
from.

Source: Krogh & Vedelsby 1995 (cross-validated ensembles); Lakshminarayanan et al. 2017 (the likelihood).
"""

import math

import numpy as np
import torch
from torch import Tensor

from molvae.interfaces import FloatArray
from molvae.models.property_head import PropertyHead
from molvae.progress import Progress

MAX_STEPS, MAX_EPOCHS = 4_000, 300
MAX_BATCH = 512
LEARNING_RATE, WEIGHT_DECAY = 1e-3, 1e-2
#: A member leaves out one fold; a lone member leaves out no more than a fifth.
LEAST_FOLDS = 5


def refit_head(head: PropertyHead, latents: Tensor, targets: FloatArray, seed: int) -> Tensor:
    """Fits every member anew, in place.

    Args:
        head: what to fit; its weights are drawn again first.
        latents: `(N, L)` posterior means of training molecules.
        targets: `(N, P)`, standardised, NaN where unknown; rows without any are left out. At least as many
            rows have one as there are members.
        seed: of the folds, the weights and the batches.

    Returns:
        The fold of each molecule, `(N,)`: member i did not learn from fold i; -1 for one without a label.
    """
    labelled = ~np.isnan(targets).all(axis=1)
    inputs = latents[torch.from_numpy(labelled)].float()
    goals = torch.from_numpy(targets[labelled].astype(np.float32))
    center, scale = inputs.mean(dim=0), inputs.std(dim=0).clamp(min=1e-6)
    inputs = (inputs - center) / scale
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        head.reset()
    folds = torch.randperm(len(inputs), generator=generator) % min(
        max(head.num_members, LEAST_FOLDS), len(inputs)
    )
    _fit(head, inputs, goals, folds, generator)
    head.shift_inputs(center, scale)
    of_each = torch.full((len(latents),), -1)
    of_each[torch.from_numpy(labelled)] = folds
    return of_each


def _fit(
    head: PropertyHead, inputs: Tensor, goals: Tensor, folds: Tensor, generator: torch.Generator
) -> None:
    """Trains all members side by side, each without its fold, and keeps each at its best on that."""
    batch_size = min(MAX_BATCH, max(16, len(inputs) // 16))
    steps_an_epoch = math.ceil(len(inputs) / batch_size)
    num_epochs = min(MAX_EPOCHS, max(1, MAX_STEPS // steps_an_epoch))
    learned = folds[None, :] != torch.arange(head.num_members)[:, None]
    optimizer = torch.optim.AdamW(head.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, num_epochs * steps_an_epoch)
    best_nats = torch.full((head.num_members,), math.inf)
    best = {name: value.detach().clone() for name, value in head.named_parameters()}
    with torch.enable_grad(), Progress(num_epochs, "fitting the property head") as bar:
        for _ in range(num_epochs):
            order = torch.randperm(len(inputs), generator=generator)
            for rows in order.split(batch_size):
                nats = head.nats(inputs[rows], goals[rows]) * learned[:, rows]
                optimizer.zero_grad()
                (nats.sum() / learned[:, rows].sum().clamp(min=1)).backward()
                optimizer.step()
                schedule.step()
            with torch.no_grad():
                told = (head.nats(inputs, goals) * ~learned).sum(dim=1) / (~learned).sum(dim=1)
                better = told < best_nats
                best_nats = torch.where(better, told, best_nats)
                for name, value in head.named_parameters():
                    best[name][better] = value[better]
            bar.update(1)
    with torch.no_grad():
        for name, value in head.named_parameters():
            value.copy_(best[name])
