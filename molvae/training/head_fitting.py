"""Fits the property head once more, on the latents of the finished network, and calibrates its spread.

While the network trains, the head chases latents that move, and sees each label a few times. Here the
latents stand still. Few labels go through a Gaussian process (`gaussian_teacher`), many straight into the
perceptrons (`perceptron_fitting`). Either also says something of molecules that it left out, and the spread
is calibrated on that where few are held out.

Source: Vovk et al. 2018 (arXiv 1709.04264; calibration on predictions out of fold).
"""

import copy
import logging
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from molvae.data.scaling import PropertyScaler
from molvae.interfaces import FloatArray
from molvae.models.autoencoder import Autoencoder
from molvae.models.property_head import PropertyHead
from molvae.training.gaussian_teacher import MAX_LABELS, teach_head
from molvae.training.perceptron_fitting import refit_head

logger = logging.getLogger(__name__)

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
    network: Autoencoder,
    train: Labelled,
    held_out: Labelled,
    others: Tensor,
    scaler: PropertyScaler,
    seed: int,
) -> PropertyScaler:
    """Fits the network's head, keeps that if it is better on held-out molecules, and calibrates it.

    Args:
        network: with a head; nothing else of it changes.
        train: to fit on.
        held_out: to choose by, if they are enough for that, and to calibrate on; may be empty.
        others: latents `(M, L)` of more training molecules, labelled or not.
        scaler: of the head's properties.
        seed: of all that is random.

    Returns:
        The scaler with what spreads are to be multiplied by.
    """
    head = network.head
    assert head is not None
    before, weights = _loss(head, held_out), copy.deepcopy(head.state_dict())
    left_out = _refit(head, train, others, seed)
    after = _loss(head, held_out)
    logger.info(
        "property head, nats a held-out molecule: %.3f, fitted to the final latents %.3f", before, after
    )
    if len(held_out.latents) >= LEAST_TO_CALIBRATE and not after <= before:  # a NaN is no improvement
        head.load_state_dict(weights)
        left_out = np.full_like(left_out, np.nan)
    ratios = [_error_ratios(head, held_out, None), left_out]
    return scaler._replace(spread_factors=spread_factors(ratios, scaler.is_binary))


def _refit(head: PropertyHead, train: Labelled, others: Tensor, seed: int) -> FloatArray:
    """Fits the head; returns errors for values it did not learn from, in spreads, `(N, P)`, NaN unknown."""
    most_labels = int((~np.isnan(train.targets)).sum(axis=0).max(initial=0))
    if most_labels <= MAX_LABELS:
        return teach_head(head, train.latents, train.targets, others, seed)
    folds = refit_head(head, train.latents, train.targets, seed)
    if folds is None:
        return np.full_like(train.targets, np.nan)
    return _error_ratios(head, train, folds)


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
