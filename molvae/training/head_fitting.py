"""Fits the property head once more, on the latents of the finished network, and calibrates its spread.

While the network trains, the head chases latents that move, and sees each label a few times. Here the
latents stand still. Each member of the ensemble leaves out its own share of the labelled molecules and
stops where it predicts those best, so few labels are not overfitted and none is wasted: what one member
leaves out, the others learn from. What a member says of the molecules it left out is also what the spread
is calibrated on where few molecules are held out.

Source: Krogh & Vedelsby 1995 (cross-validated ensembles); Lakshminarayanan et al. 2017 (the likelihood);
Vovk et al. 2018 (arXiv 1709.04264; calibration on predictions out of fold).
"""

import copy
import logging
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from molvae.data.scaling import PropertyScaler
from molvae.interfaces import FloatArray
from molvae.models.autoencoder import Autoencoder
from molvae.models.property_head import PropertyHead

logger = logging.getLogger(__name__)

MAX_STEPS, MAX_EPOCHS = 4_000, 300
MAX_BATCH = 512
LEARNING_RATE, WEIGHT_DECAY = 1e-3, 1e-2
#: A member leaves out one fold; a lone member leaves out no more than a fifth.
LEAST_FOLDS = 5
#: Fewer labelled molecules than this can't be divided among the members: the head stays as it was.
LEAST_LABELLED = 20
#: With fewer held-out values of a property than this, values that members left out are counted too.
ENOUGH_HELD_OUT = 100
#: Fewer values than this say nothing about a spread: it stays as it is.
LEAST_TO_CALIBRATE = 20
#: 80 % of a normal distribution lie within so many standard deviations.
NORMAL_80 = 1.2816


class Labelled(NamedTuple):
    """Molecules with measured properties: latents `(N, L)`, standardised targets `(N, P)`, NaN unknown."""

    latents: Tensor
    targets: FloatArray


def fit_head(
    network: Autoencoder, train: Labelled, held_out: Labelled, scaler: PropertyScaler, seed: int
) -> PropertyScaler:
    """Fits the network's head, keeps that if it is better on held-out molecules, and calibrates it.

    Args:
        network: with a head; nothing else of it changes.
        train: to fit on.
        held_out: to choose by and to calibrate on; may be empty.
        scaler: of the head's properties.
        seed: of all that is random.

    Returns:
        The scaler with what spreads are to be multiplied by.
    """
    head = network.head
    assert head is not None
    before, weights = _loss(head, held_out), copy.deepcopy(head.state_dict())
    folds = refit_head(head, train.latents, train.targets, seed)
    after = _loss(head, held_out)
    logger.info(
        "property head, nats a held-out molecule: %.3f, fitted to the final latents %.3f", before, after
    )
    if not after <= before:  # a NaN is no improvement
        head.load_state_dict(weights)
        folds = None
    ratios = [_error_ratios(head, held_out, None)]
    if folds is not None:
        ratios.append(_error_ratios(head, train, folds))
    return scaler._replace(spread_factors=spread_factors(ratios, scaler.is_binary))


def _loss(head: PropertyHead, molecules: Labelled) -> float:
    if len(molecules.latents) == 0:
        return 0.0
    with torch.no_grad():
        return float(head.loss(molecules.latents, torch.from_numpy(molecules.targets.astype(np.float32))))


@torch.no_grad()
def _error_ratios(head: PropertyHead, molecules: Labelled, folds: Tensor | None) -> FloatArray:
    """How many spreads each value is away from what the head said of it, `(N, P)`; NaN where unknown.

    Args:
        head: the ensemble.
        molecules: `N` of them.
        folds: the member that did not learn from each molecule, and that is asked about it; NaN results
            where that is none. None where no member has learned from any: the ensemble is asked.
    """
    mean, variance = head(molecules.latents)
    if folds is not None:
        said, _ = head.members(molecules.latents)
        asked = folds.clamp(0, head.num_members - 1)
        mean = said[asked, torch.arange(len(asked))]
        mean[(folds < 0) | (folds >= head.num_members)] = torch.nan
    ratios: FloatArray = np.abs(molecules.targets - mean.numpy()) / variance.sqrt().numpy()
    return ratios


def spread_factors(ratios: Sequence[FloatArray], is_binary: Sequence[bool]) -> tuple[float, ...]:
    """What to multiply each property's spread by so that its 80 % interval holds 80 % of the values.

    Args:
        ratios: errors in units of the stated spread, each `(N, P)`, NaN unknown: of held-out molecules, then
            others, which are counted where the former are fewer than `ENOUGH_HELD_OUT`.
        is_binary: which properties are yes/no; their factor is 1.
    """
    factors = []
    for index, binary in enumerate(is_binary):
        known = [part[~np.isnan(part[:, index]), index] for part in ratios]
        counted = known[0] if len(known[0]) >= ENOUGH_HELD_OUT else np.concatenate(known)
        if binary or len(counted) < LEAST_TO_CALIBRATE:
            factors.append(1.0)
        else:
            factors.append(float(np.quantile(counted, 0.8)) / NORMAL_80)
    return tuple(factors)


def refit_head(head: PropertyHead, latents: Tensor, targets: FloatArray, seed: int) -> Tensor | None:
    """Fits every member anew, in place.

    Args:
        head: what to fit; its weights are drawn again first.
        latents: `(N, L)` posterior means of training molecules.
        targets: `(N, P)`, standardised, NaN where unknown; rows without any are left out.
        seed: of the folds, the weights and the batches.

    Returns:
        The fold of each molecule, `(N,)`: member i did not learn from fold i; -1 for one without a label.
        None, and nothing is done, with fewer than `LEAST_LABELLED` labelled molecules.
    """
    labelled = ~np.isnan(targets).all(axis=1)
    if labelled.sum() < LEAST_LABELLED:
        return None
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
    with torch.no_grad():  # W (z - c) / s + b = (W / s) z + (b - W c / s)
        weight, bias = head.weights[0], head.biases[0]
        weight.div_(scale[None, :, None])
        bias.sub_(torch.einsum("l,mlh->mh", center, weight)[:, None])
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
    with torch.enable_grad():
        for _ in range(num_epochs):
            order = torch.randperm(len(inputs), generator=generator)
            for rows in order.split(batch_size):
                nats = head.nats(inputs[rows], goals[rows]) * learned[:, rows]
                optimizer.zero_grad()
                (nats.sum() / learned[:, rows].sum().clamp(min=1)).backward()
                optimizer.step()
                schedule.step()
            with torch.no_grad():
                left_out = head.nats(inputs, goals) * ~learned
                told = left_out.sum(dim=1) / (~learned).sum(dim=1)
                better = told < best_nats
                best_nats = torch.where(better, told, best_nats)
                for name, value in head.named_parameters():
                    best[name][better] = value[better]
    with torch.no_grad():
        for name, value in head.named_parameters():
            value.copy_(best[name])
