"""What is fitted and measured once the network stands: priors, the head, its calibration, the facts."""

import copy
import dataclasses
import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from molvae.data.dataset import IndexArray
from molvae.data.preparation import Prepared
from molvae.data.scaling import PropertyScaler
from molvae.data.screening import CurationSettings
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.membership import MoleculeKeys
from molvae.interfaces import FloatArray
from molvae.models.autoencoder import Autoencoder
from molvae.models.prior import GaussianPrior
from molvae.models.property_head import PropertyHead
from molvae.training.head_fitting import refit_head
from molvae.training.settings import TrainingSettings
from molvae.training.trainer import TrainingResult
from molvae.training.validation import ValidationReport, spread_factors, validate

logger = logging.getLogger(__name__)

#: Molecules that the Gaussian prior is fitted on, at most.
PRIOR_MOLECULES = 50_000
#: Labelled molecules that the head is fitted on at the end, at most.
HEAD_MOLECULES = 200_000
#: Tokens that a sampled molecule may be longer than the longest of the data.
EXTRA_LENGTH = 8


def finish(
    network: Autoencoder,
    prepared: Prepared,
    scaler: PropertyScaler | None,
    targets: FloatArray | None,
    curation: CurationSettings,
    settings: TrainingSettings,
    result: TrainingResult,
    record: Mapping[str, Any],
) -> MoleculeModel:
    """What is fitted and measured once the network stands."""
    network = network.cpu().eval()
    split, arrays, seed = prepared.split, prepared.arrays, settings.seed
    draw = MoleculeModel(
        network=network,
        tokenizer=prepared.tokenizer,
        curation=curation,
        scaler=scaler,
        gaussian_prior=GaussianPrior(network.settings.latent_dim),
        max_length=int(arrays.lengths.max()) + EXTRA_LENGTH,
        training_keys=MoleculeKeys.of(
            text for (batch,) in prepared.curated.iter_batches(("smiles",)) for text in batch
        ),
        facts={},
    )
    sample = _part(split.train, PRIOR_MOLECULES, seed)
    if len(sample) > 1:
        draw.gaussian_prior.fit(torch.from_numpy(draw.posterior_of(arrays.subset(sample))[0]))
    if scaler is not None and targets is not None:
        scaler = _finish_head(draw, prepared, targets, scaler, seed)

    def measured(part: IndexArray) -> dict[str, Any] | None:
        if len(part) == 0:
            return None
        chosen = _part(part, settings.valid_molecules, seed)
        return _described(validate(network, arrays, chosen, targets, seed), scaler)

    facts = {
        "is_complete": result.is_complete,
        "run": dict(record),
        "data": {"summary": prepared.summary_line(), "train": len(split.train), "valid": len(split.valid)},
        "steps": result.steps,
        "molecules_seen": result.molecules,
        "seconds": round(result.seconds, 1),
        "alarm": result.alarm,
        "valid": measured(split.valid),
        "test": measured(split.test),
    }
    return dataclasses.replace(draw, scaler=scaler, facts=facts)


def _finish_head(
    model: MoleculeModel,
    prepared: Prepared,
    targets: FloatArray,
    scaler: PropertyScaler,
    seed: int,
) -> PropertyScaler:
    """Fits the head to the finished latents, keeps it if that is better on held-out ones, calibrates."""
    head = model.network.head
    assert head is not None
    labelled: npt.NDArray[np.bool_] = np.asarray(~np.isnan(targets).all(axis=1))

    def latents_of(part: IndexArray) -> torch.Tensor:
        return torch.from_numpy(model.posterior_of(prepared.arrays.subset(part))[0])

    train = _part(prepared.split.train[labelled[prepared.split.train]], HEAD_MOLECULES, seed)
    valid = _part(prepared.split.valid[labelled[prepared.split.valid]], HEAD_MOLECULES, seed)
    held_out, goals = latents_of(valid), torch.from_numpy(targets[valid].astype(np.float32))
    before, weights = _head_loss(head, held_out, goals), copy.deepcopy(head.state_dict())
    refit_head(head, latents_of(train), targets[train], seed)
    after = _head_loss(head, held_out, goals)
    logger.info(
        "property head, nats a held-out molecule: %.3f, fitted to the final latents %.3f", before, after
    )
    if not after <= before:  # a NaN is no improvement
        head.load_state_dict(weights)
    factors = spread_factors(model.network, held_out, targets[valid], scaler.is_binary)
    return scaler._replace(spread_factors=tuple(factors))


def _head_loss(head: PropertyHead, latents: torch.Tensor, goals: torch.Tensor) -> float:
    with torch.no_grad():
        return float(head.loss(latents, goals)) if len(latents) > 0 else 0.0


def _described(report: ValidationReport, scaler: PropertyScaler | None) -> dict[str, Any]:
    names = scaler.names if scaler is not None else ()
    numbers = {name: value for name, value in report._asdict().items() if name != "property_r2"}
    r2 = {
        name: None if np.isnan(value) else value
        for name, value in zip(names, report.property_r2, strict=True)
    }
    return numbers | {"property_r2": r2}


def _part(indices: IndexArray, size: int, seed: int) -> IndexArray:
    if len(indices) <= size:
        return indices
    return np.sort(np.random.default_rng(seed).choice(indices, size, replace=False))
