"""Fits the property head once more, on the latents of the finished network, and calibrates its spread.

While the network trains, the head chases latents that move, and sees each label a few times. Here the
latents stand still. Properties with few labels go through a Gaussian process (`gaussian_teacher`), those
with many straight into the perceptrons (`perceptron_fitting`). Either also says something of molecules that
it left out, and the spread is calibrated on that where few are held out.

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
from molvae.interfaces import NORMAL_80, FloatArray
from molvae.models.autoencoder import Autoencoder
from molvae.models.fingerprint_head import FingerprintHead
from molvae.models.property_head import PropertyHead
from molvae.training.gaussian_teacher import LeftOut, filled_in, teach_head
from molvae.training.perceptron_fitting import refit_head
from molvae.training.settings import FEW_LABELS

logger = logging.getLogger(__name__)

#: With fewer held-out values of a property than this, values that were left out in fitting make up the
#: number. They flatter: the network has seen their molecules, if not their labels.
ENOUGH_HELD_OUT = 100
#: Fewer values than this say nothing about a spread, nor about which of two heads is better.
LEAST_TO_JUDGE = 20


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
    *,
    is_taken_over: bool = False,
) -> PropertyScaler:
    """Fits the network's head, keeps that if it is better, and calibrates it.

    Args:
        network: with a head; nothing else of it changes.
        train: to fit on.
        held_out: to choose by, if they are enough for that, and to calibrate on; may be empty.
        others: latents `(M, L)` of more training molecules, labelled or not.
        scaler: of the head's properties.
        seed: of all that is random.
        is_taken_over: whether the head is another model's, and has not learned from `train`: then it is
            judged by that where few are held out.

    Returns:
        The scaler with what spreads are to be multiplied by.
    """
    head = network.head
    assert head is not None
    first = copy.deepcopy(head)
    left_out = _refit(head, train, others, network.fingerprint_head, seed)
    # By errors, and not by likelihood: how sure a head is, is put right below, how right it is, is not.
    judged_by, before, after = "held-out", _errors(first, held_out, None), _errors(head, held_out, None)
    if len(held_out.latents) < LEAST_TO_JUDGE:
        judged_by, before, after = "left-out", _errors(first, train, None), left_out
    if judged_by == "held-out" or is_taken_over:
        is_better = _mean_square(after) <= _mean_square(before)  # a NaN is no improvement
        logger.debug(
            "property head, squared error of a %s value: %.3f, fitted to the final latents %.3f: %s",
            judged_by,
            _mean_square(before),
            _mean_square(after),
            "kept" if is_better else "the first one stays",
        )
        if not is_better:
            head.load_state_dict(first.state_dict())
            left_out = _errors(head, train, None) if is_taken_over else _nothing_left_out(train.targets)
    of_held_out = _errors(head, held_out, None)
    return scaler._replace(spread_factors=spread_factors((of_held_out, left_out), scaler.is_binary))


def _refit(
    head: PropertyHead, train: Labelled, others: Tensor, fragments: FingerprintHead | None, seed: int
) -> LeftOut:
    """Fits the head, each property as suits the number of its labels."""
    num_labels = (~np.isnan(train.targets)).sum(axis=0)
    logger.info("fitting the property head to %s values", ", ".join(f"{number:,}" for number in num_labels))
    is_few = num_labels < FEW_LABELS
    if is_few.all():
        return teach_head(head, train.latents, train.targets, others, fragments, seed)
    targets, few = train.targets.copy(), np.flatnonzero(is_few)
    taught = _nothing_left_out(targets)
    if len(few) > 0:
        binary = head.is_binary[torch.from_numpy(few)].tolist()
        targets[:, few], of_few = filled_in(train.latents, targets[:, few], binary, fragments, seed)
        for whole, part in zip(taught, of_few, strict=True):
            whole[:, few] = part
    folds = refit_head(head, train.latents, targets, seed)
    fitted = _errors(head, train, folds)
    return LeftOut(*(np.where(is_few, *parts) for parts in zip(taught, fitted, strict=True)))


def _nothing_left_out(targets: FloatArray) -> LeftOut:
    return LeftOut(*np.full((2, *targets.shape), np.nan))


def _mean_square(left_out: LeftOut) -> float:
    """The mean of the squared errors, standardised; of a yes/no property that is the Brier score."""
    return float(np.nanmean(left_out.errors**2))


@torch.no_grad()
def _errors(head: PropertyHead, molecules: Labelled, folds: Tensor | None) -> LeftOut:
    """How far the head is from values that it has not learned from, and the spread that it states.

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
    errors: FloatArray = np.abs(molecules.targets - mean.numpy())
    return LeftOut(errors, variance.sqrt().numpy())


def spread_factors(left_out: tuple[LeftOut, LeftOut], is_binary: Sequence[bool]) -> tuple[float, ...]:
    """What to multiply each property's spread by so that its 80 % interval holds 80 % of the values.

    Args:
        left_out: of held-out molecules, then of others, which count for as many as the former are fewer than
            `ENOUGH_HELD_OUT`.
        is_binary: which properties are yes/no; their factor is 1.
    """
    factors = []
    for index, binary in enumerate(is_binary):
        if binary:
            factors.append(1.0)
            continue
        ratios = [part.errors[:, index] / part.spreads[:, index] for part in left_out]
        held_out, others = (part[~np.isnan(part)] for part in ratios)
        counted = np.concatenate([held_out, _thinned(others, ENOUGH_HELD_OUT - len(held_out))])
        is_enough = len(counted) >= LEAST_TO_JUDGE
        factors.append(float(np.quantile(counted, 0.8)) / NORMAL_80 if is_enough else 1.0)
    return tuple(factors)


def _thinned(values: FloatArray, size: int) -> FloatArray:
    """At most `size` values that are distributed as these."""
    if size <= 0 or len(values) <= size:
        return values[: max(size, 0)]
    return np.quantile(values, (np.arange(size) + 0.5) / size)
