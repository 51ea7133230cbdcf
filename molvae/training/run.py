"""From a file of SMILES to a model folder: curate, tokenize, train, measure, save.

run.json        what was asked for, written first; --resume compares with it
ledger.csv      every row that was dropped, and why        curation.json   the summary of that
metrics.csv     a line a validation                        tensorboard/    the same for TensorBoard
checkpoints/    last and best state                        model.json ...  the model (`model_folder`)
"""

import dataclasses
import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from molvae.data.cache import cache_folder
from molvae.data.curated import Curated, write_summary
from molvae.data.curation import curate
from molvae.data.preparation import Prepared, TokenizerSettings, prepare
from molvae.data.scaling import PropertyScaler
from molvae.data.screening import CurationSettings
from molvae.data.splitting import SplitSettings
from molvae.data.values import Kind
from molvae.errors import SettingsError
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.model_folder import MANIFEST, load_model, read_manifest, save_model
from molvae.models.autoencoder import Autoencoder, AutoencoderSettings
from molvae.run_folder import claim_folder
from molvae.settings import gather, to_dict
from molvae.training.finishing import finish
from molvae.training.settings import TrainingSettings
from molvae.training.trainer import Trainer, TrainingData
from molvae.training.transfer import transfer_weights

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

logger = logging.getLogger(__name__)

LEDGER, CURATION_FILE = "ledger.csv", "curation.json"
#: Settings that a resumed run may change: how long it goes on, not what it does.
LIMITS = ("max_minutes", "max_steps", "max_epochs", "patience", "checkpoint_seconds")


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
        property_kinds: kinds of such columns, by name, that are not to be found from their cells.
        base_model: a model folder whose weights and tokenizer training starts from.
        num_workers: processes for curation; None for one a core.
    """

    file: Path
    out: Path
    cache: Path
    settings: RunSettings = field(default_factory=RunSettings)
    smiles_column: str | None = None
    properties: tuple[str, ...] = ()
    property_kinds: Mapping[str, Kind] = field(default_factory=dict)
    base_model: Path | None = None
    num_workers: int | None = None


def train(
    file: str | Path,
    out: str | Path,
    *,
    properties: Sequence[str] = (),
    property_kinds: Mapping[str, Kind] | None = None,
    smiles_column: str | None = None,
    base_model: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    **settings: Any,
) -> MoleculeModel:
    """Trains a model on a table of SMILES, as `molvae train` does.

    Args:
        file: CSV, TSV, .smi (gzipped or not) or Parquet.
        out: the folder for the model.
        properties: columns that the property head learns to predict.
        property_kinds: "regression" or "yes/no" for columns whose kind is not to be found from their
            cells: `{"count": "regression"}` makes numbers of a column that holds only 0 and 1.
        smiles_column: its name; None to find it.
        base_model: a model folder to fine-tune.
        resume: go on with the run in `out`.
        overwrite: delete `out` first.
        settings: any setting of the [train] table by name, e.g. `bottleneck="deterministic"`.

    Raises:
        MolvaeError: as `train_model` does, and for an unknown setting.
    """
    if isinstance(properties, str):
        raise SettingsError(f'properties is the text "{properties}"; give a list, such as ["{properties}"]')
    parts = (CurationSettings, SplitSettings, TokenizerSettings, AutoencoderSettings, TrainingSettings)
    curation, split, tokenizer, network, training = gather(parts, settings, {}, "train")
    request = RunRequest(
        file=Path(file),
        out=Path(out),
        cache=cache_folder(),
        settings=RunSettings(
            curation=curation, split=split, tokenizer=tokenizer, network=network, training=training
        ),
        smiles_column=smiles_column,
        properties=tuple(properties),
        property_kinds=dict(property_kinds or {}),
        base_model=Path(base_model) if base_model is not None else None,
    )
    return train_model(request, resume=resume, overwrite=overwrite)[0]


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
        property_kinds=request.property_kinds,
        num_workers=request.num_workers,
    )
    record = _record(request, settings, curated)
    claim_folder(request.out, record, may_change=LIMITS, resume=resume, overwrite=overwrite)
    prepared = prepare(
        curated,
        request.cache,
        settings.split,
        settings.tokenizer,
        base.tokenizer if base is not None else None,
    )
    shutil.copyfile(prepared.ledger_path, request.out / LEDGER)
    write_summary(prepared.summary(), request.out / CURATION_FILE)
    if prepared.num_unseen > 0:
        logger.info("%s, %d for a symbol unseen in training", prepared.summary_line(), prepared.num_unseen)
    if _is_finished(request.out, record):
        logger.info('"%s" is trained already', request.out)
        return load_model(request.out), prepared
    scaler = prepared.scaler()
    network = _network(settings, prepared, scaler, base)
    targets = scaler.scale(np.asarray(curated.properties())) if scaler is not None else None
    data = TrainingData(prepared.arrays, prepared.split.train, prepared.split.valid, targets)
    result = Trainer(network, data, settings.training, request.out).run()
    model = finish(network, prepared, scaler, targets, settings.curation, settings.training, result, record)
    if base is not None:
        model = dataclasses.replace(model, training_keys=model.training_keys.union(base.training_keys))
    save_model(model, request.out)
    return load_model(request.out), prepared


def _record(request: RunRequest, settings: RunSettings, curated: Curated) -> dict[str, Any]:
    """What identifies a run: --resume refuses to go on with another."""
    parts: dict[str, DataclassInstance] = {
        field.name: getattr(settings, field.name) for field in dataclasses.fields(settings)
    }
    record: dict[str, Any] = {name: to_dict(part) for name, part in parts.items()}
    return record | {
        "file": request.file.name,
        "properties": list(request.properties),
        "property_kinds": list(curated.property_kinds),
        "data_key": curated.key,
        "base_model": request.base_model.name if request.base_model is not None else None,
    }


def _is_finished(out: Path, record: Mapping[str, Any]) -> bool:
    """Whether the folder holds the model that this very run ends with."""
    if not (out / MANIFEST).is_file():
        return False
    facts = read_manifest(out)["facts"]
    return bool(facts["is_complete"]) and facts["run"] == record


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
