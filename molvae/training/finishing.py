"""What is fitted and measured once the network stands: priors, the head, its calibration, the facts."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from molvae.data.dataset import IndexArray
from molvae.data.preparation import Prepared
from molvae.data.scaling import PropertyScaler
from molvae.data.screening import CurationSettings
from molvae.data.workers import decode_selfies
from molvae.generation.decoding import to_texts
from molvae.generation.language_model_prior import LanguageModelPrior
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.likeness import measure_dial
from molvae.generation.membership import MoleculeKeys
from molvae.generation.priors import CONDITIONAL
from molvae.interfaces import FloatArray
from molvae.models.autoencoder import Autoencoder
from molvae.models.prior import GaussianPrior
from molvae.training.draws import sample_indices
from molvae.training.head_fitting import Labelled, fit_head
from molvae.training.settings import TrainingSettings
from molvae.training.trainer import TrainingResult
from molvae.training.transfer import has_same_head
from molvae.training.validation import ValidationReport, validate

#: Molecules that the Gaussian prior is fitted on, at most.
PRIOR_MOLECULES = 50_000
#: Labelled molecules that the head is fitted on at the end, at most.
HEAD_MOLECULES = 200_000
#: Molecules held out that the dial of likeness is measured on, at most.
DIAL_MOLECULES = 100
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
    base: MoleculeModel | None,
) -> MoleculeModel:
    """What is fitted and measured once the network stands.

    Args:
        network: trained, on any device.
        prepared: the data.
        scaler: the head's properties; None without a head.
        targets: `(N, P)`, standardised, NaN unknown; None without a head.
        curation: how molecules were treated.
        settings: of the training.
        result: how that ended.
        record: what was asked for.
        base: the model that training started from.
    """
    network = network.cpu().eval()
    split, arrays, seed = prepared.split, prepared.arrays, settings.seed
    draw = MoleculeModel(
        network=network,
        tokenizer=prepared.tokenizer,
        curation=curation,
        scaler=scaler,
        priors={GaussianPrior.name: GaussianPrior(network.settings.latent_dim)},
        max_length=max(int(arrays.lengths.max()) + EXTRA_LENGTH, base.max_length if base is not None else 0),
        training_keys=_known_molecules(prepared, base),
        facts={},
        language_model=base.language_model if base is not None else None,
        conditional=base.conditional if base is not None else None,
    )
    prior_part = _part(split.train, PRIOR_MOLECULES, seed)
    head_parts = [_labelled(part, targets, seed) for part in (split.train, split.valid)]
    latents_of = _encoded(draw, prepared, [prior_part, *head_parts])
    others = latents_of(prior_part)
    if len(others) > 1:
        draw.gaussian_prior.fit(others)
    if scaler is not None and targets is not None:
        train, held_out = (Labelled(latents_of(part), targets[part]) for part in head_parts)
        is_taken_over = base is not None and has_same_head(base, scaler) and not result.has_seen_labels
        scaler = fit_head(network, train, held_out, others, scaler, seed, is_taken_over=is_taken_over)

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
    fitted = base.facts.get("priors", {}) if base is not None else {}
    if writers := {name: fitted[name] for name in (LanguageModelPrior.name, CONDITIONAL) if name in fitted}:
        facts["priors"] = writers
    finished = dataclasses.replace(draw, scaler=scaler, facts=facts)
    dial = measure_dial(finished, _held_out_smiles(prepared, seed), seed)
    return dataclasses.replace(finished, facts=facts | {"likeness": dial.to_json() if dial else None})


def _held_out_smiles(prepared: Prepared, seed: int) -> list[str]:
    """Some molecules to measure the dial of likeness on."""
    batch = prepared.arrays.batch(_part(prepared.split.valid, DIAL_MOLECULES, seed))
    return decode_selfies(to_texts(batch.token_ids, batch.lengths, prepared.tokenizer))


def _known_molecules(prepared: Prepared, base: MoleculeModel | None) -> MoleculeKeys:
    """The molecules of the table, held-out ones too, and those that the base model knows."""
    batches = prepared.curated.iter_batches(("smiles",))
    keys = MoleculeKeys.of(text for (batch,) in batches for text in batch)
    return keys if base is None else keys.union(base.training_keys)


def _labelled(part: IndexArray, targets: FloatArray | None, seed: int) -> IndexArray:
    """The molecules of a part that have a measured property, at most `HEAD_MOLECULES`."""
    if targets is None:
        return part[:0]
    return _part(part[~np.isnan(targets[part]).all(axis=1)], HEAD_MOLECULES, seed)


def _encoded(
    model: MoleculeModel, prepared: Prepared, parts: Sequence[IndexArray]
) -> Callable[[IndexArray], torch.Tensor]:
    """Encodes all molecules of some parts, each once; a function gives the means `(B, L)` of a part."""
    every = np.unique(np.concatenate(parts))
    means = torch.from_numpy(model.posterior_of(prepared.arrays.subset(every))[0])
    return lambda part: means[torch.from_numpy(np.searchsorted(every, part))]


def _described(report: ValidationReport, scaler: PropertyScaler | None) -> dict[str, Any]:
    names = scaler.names if scaler is not None else ()
    numbers = {
        name: None if np.isnan(value) else value
        for name, value in report._asdict().items()
        if name != "property_r2"
    }
    r2 = {
        name: None if np.isnan(value) else value
        for name, value in zip(names, report.property_r2, strict=True)
    }
    return numbers | {"property_r2": r2}


def _part(indices: IndexArray, size: int, seed: int) -> IndexArray:
    """At most `size` of ascending indices, ascending."""
    return np.sort(sample_indices(indices, size, seed))
