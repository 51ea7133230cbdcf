"""From a file of SMILES to a model folder: curate, tokenize, train, measure, save.

    run.json        what was asked for, written first; --resume compares with it
    ledger.csv      every row that was dropped, and why        curation.json   the summary of that
    metrics.csv     a line a validation                        tensorboard/    the same for TensorBoard
    checkpoints/    last and best state                        model.json ...  the model (`model_folder`)
"""

import dataclasses
import json
import logging
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from molvae.data.curation import curate
from molvae.data.dataset import IndexArray
from molvae.data.preparation import Prepared, TokenizerSettings, prepare
from molvae.data.scaling import PropertyScaler
from molvae.data.screening import CurationSettings
from molvae.data.splitting import SplitSettings
from molvae.errors import OutputExistsError, SettingsError
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.membership import MoleculeKeys
from molvae.generation.model_folder import MANIFEST, load_model, read_manifest, save_model
from molvae.models.autoencoder import Autoencoder, AutoencoderSettings
from molvae.models.prior import GaussianPrior
from molvae.settings import to_dict
from molvae.training.settings import TrainingSettings
from molvae.training.trainer import Trainer, TrainingData, TrainingResult
from molvae.training.transfer import transfer_weights
from molvae.training.validation import ValidationReport, spread_factors, validate

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

logger = logging.getLogger(__name__)

RUN_FILE, LEDGER, CURATION_FILE = "run.json", "ledger.csv", "curation.json"
#: Molecules that the Gaussian prior is fitted on, at most.
PRIOR_MOLECULES = 50_000
#: Tokens that a sampled molecule may be longer than the longest of the data.
EXTRA_LENGTH = 8


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """Everything that a run is made of; each part has its own class."""

    curation: CurationSettings = field(default_factory=CurationSettings)
    split: SplitSettings = field(default_factory=SplitSettings)
    tokenizer: TokenizerSettings = field(default_factory=TokenizerSettings)
    network: AutoencoderSettings = field(default_factory=AutoencoderSettings)
    training: TrainingSettings = field(default_factory=TrainingSettings)


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """A file, where to put the model, and how.

    Attributes:
        file: the table of SMILES.
        out: the run's folder, which becomes the model folder.
        cache: where curated tables and token arrays are kept.
        settings: see `RunSettings`.
        smiles_column: its name; None to find it.
        properties: columns that the head learns to predict.
        base_model: a model folder whose weights and tokenizer training starts from.
        num_workers: processes for curation; None for one a core.
    """

    file: Path
    out: Path
    cache: Path
    settings: RunSettings = field(default_factory=RunSettings)
    smiles_column: str | None = None
    properties: tuple[str, ...] = ()
    base_model: Path | None = None
    num_workers: int | None = None


def train_model(
    request: RunRequest, *, resume: bool = False, overwrite: bool = False
) -> tuple[MoleculeModel, Prepared]:
    """Trains a model and writes its folder.

    Args:
        request: what to do.
        resume: go on with the run in `request.out`, which must be the same; start it if there is none.
        overwrite: delete `request.out` first.

    Returns:
        The model, and the data it was trained on.

    Raises:
        OutputExistsError: if `request.out` exists and neither `resume` nor `overwrite` is set.
        SettingsError: if a resumed run differs from what it was.
        InputError: if the file can't be used.
    """
    settings = request.settings
    base = load_model(request.base_model) if request.base_model is not None else None
    if base is not None:
        settings = dataclasses.replace(settings, network=base.network.settings)
    curated = curate(
        request.file,
        request.cache,
        settings.curation,
        smiles_column=request.smiles_column,
        property_columns=request.properties,
        num_workers=request.num_workers,
    )
    record = _record(request, settings, curated.key)
    _claim(request.out, record, resume=resume, overwrite=overwrite)
    prepared = prepare(
        curated, request.cache, settings.split, settings.tokenizer, base.tokenizer if base is not None else None
    )
    shutil.copyfile(prepared.ledger_path, request.out / LEDGER)
    shutil.copyfile(curated.folder / "summary.json", request.out / CURATION_FILE)
    logger.info(prepared.summary_line())
    if _is_finished(request.out):
        logger.info('"%s" is trained already', request.out)
        return load_model(request.out), prepared
    scaler = prepared.scaler()
    network = _network(settings, prepared, scaler, base)
    targets = scaler.scale(np.asarray(curated.properties())) if scaler is not None else None
    data = TrainingData(prepared.arrays, prepared.split.train, prepared.split.valid, targets)
    result = Trainer(network, data, settings.training, request.out).run()
    model = _finish(network, prepared, scaler, targets, settings, result, record)
    save_model(model, request.out)
    return load_model(request.out), prepared


def _record(request: RunRequest, settings: RunSettings, data_key: str) -> dict[str, Any]:
    """What identifies a run: --resume refuses to go on with another."""
    parts: dict[str, DataclassInstance] = {
        field.name: getattr(settings, field.name) for field in dataclasses.fields(settings)
    }
    record: dict[str, Any] = {name: to_dict(part) for name, part in parts.items()}
    return record | {
        "file": request.file.name,
        "data_key": data_key,
        "properties": list(request.properties),
        "base_model": request.base_model.name if request.base_model is not None else None,
    }


def _claim(out: Path, record: Mapping[str, Any], *, resume: bool, overwrite: bool) -> None:
    """Makes the run's folder, or makes sure that the one there is of the same run."""
    if out.exists() and not out.is_dir():
        raise OutputExistsError(f'"{out}" is a file; give a folder for the model')
    run_file = out / RUN_FILE
    occupied = out.exists() and any(out.iterdir())
    if resume and run_file.is_file():
        before = json.loads(run_file.read_text(encoding="utf-8"))
        if different := [name for name in record if record[name] != before.get(name)]:
            raise SettingsError(
                f'the run in "{out}" had another {_difference(different[0], before, record)}; repeat its '
                "settings to resume it, or give another folder"
            )
        return
    if occupied and not (overwrite or (resume and _is_empty_start(out))):
        raise OutputExistsError(
            f'"{out}" exists and is not empty; give another folder, or --overwrite, or --resume to go on with it'
        )
    if occupied and overwrite:
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)
    partial = out / f".{RUN_FILE}.partial"
    partial.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    partial.replace(run_file)


def _is_empty_start(out: Path) -> bool:
    """Whether a run was killed while it was writing its first file."""
    return {path.name for path in out.iterdir()} <= {f".{RUN_FILE}.partial"}


def _difference(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    old, new = before.get(name), after[name]
    if isinstance(old, dict) and isinstance(new, dict):
        key = next(key for key in new if new[key] != old.get(key))
        return f'{key} ("{old.get(key)}", now "{new[key]}")'
    return f'{name} ("{old}", now "{new}")'


def _is_finished(out: Path) -> bool:
    return (out / MANIFEST).is_file() and bool(read_manifest(out)["facts"]["is_complete"])


def _network(
    settings: RunSettings, prepared: Prepared, scaler: PropertyScaler | None, base: MoleculeModel | None
) -> Autoencoder:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.training.seed)
        binary = scaler.is_binary if scaler is not None else []
        network = Autoencoder(settings.network, prepared.tokenizer.vocab_size, binary)
    if base is not None:
        same_head = base.scaler is not None and scaler is not None and base.scaler.names == scaler.names
        transfer_weights(base.network, network, with_head=same_head)
    return network


def _finish(
    network: Autoencoder,
    prepared: Prepared,
    scaler: PropertyScaler | None,
    targets: np.ndarray[Any, np.dtype[np.float64]] | None,
    settings: RunSettings,
    result: TrainingResult,
    record: Mapping[str, Any],
) -> MoleculeModel:
    """What is fitted and measured once the network stands."""
    network = network.cpu().eval()
    split, arrays, seed = prepared.split, prepared.arrays, settings.training.seed
    draw = MoleculeModel(
        network=network,
        tokenizer=prepared.tokenizer,
        curation=settings.curation,
        scaler=scaler,
        gaussian_prior=GaussianPrior(settings.network.latent_dim),
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
        held_out = _part(split.valid, PRIOR_MOLECULES, seed)
        latents = torch.from_numpy(draw.posterior_of(arrays.subset(held_out))[0])
        factors = spread_factors(network, latents, targets[held_out], scaler.is_binary)
        scaler = scaler._replace(spread_factors=tuple(factors))
    test = None
    if len(split.test) > 0:
        chosen = _part(split.test, settings.training.valid_molecules, seed)
        test = _described(validate(network, arrays, chosen, targets, seed), scaler)
    facts = {
        "is_complete": result.is_complete,
        "run": dict(record),
        "data": {"summary": prepared.summary_line(), "train": len(split.train), "valid": len(split.valid)},
        "steps": result.steps,
        "molecules_seen": result.molecules,
        "seconds": round(result.seconds, 1),
        "alarm": result.alarm,
        "valid": _described(result.best, scaler),
        "test": test,
    }
    return dataclasses.replace(draw, scaler=scaler, facts=facts)


def _described(report: ValidationReport, scaler: PropertyScaler | None) -> dict[str, Any]:
    names = scaler.names if scaler is not None else ()
    numbers = {name: value for name, value in report._asdict().items() if name != "property_r2"}
    r2 = {name: None if np.isnan(value) else value for name, value in zip(names, report.property_r2, strict=True)}
    return numbers | {"property_r2": r2}


def _part(indices: IndexArray, size: int, seed: int) -> IndexArray:
    if len(indices) <= size:
        return indices
    return np.sort(np.random.default_rng(seed).choice(indices, size, replace=False))
