"""From a file of SMILES to a model folder: curate, tokenize, train, measure, save.

run.json        what was asked for, written first; --resume compares with it
ledger.csv      every row that was dropped, and why        curation.json   the summary of that
metrics.csv     a line a validation                        tensorboard/    the same for TensorBoard
checkpoints/    last and best state                        model.json ...  the model (`model_folder`)
"""

import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from molvae.data.augmentation import Writings, writings_of
from molvae.data.cache import cache_folder
from molvae.data.curated import Curated, write_summary
from molvae.data.curation import curate
from molvae.data.fingerprints import fingerprints_of
from molvae.data.preparation import Prepared, prepare
from molvae.data.scaling import PropertyScaler
from molvae.data.values import Kind
from molvae.errors import SettingsError
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.model_folder import MANIFEST, load_model, read_manifest, save_model
from molvae.models.autoencoder import Autoencoder
from molvae.run_folder import check_free, claim_folder
from molvae.training.finishing import finish
from molvae.training.request import RunRequest, RunSettings
from molvae.training.shortcomings import shortcomings
from molvae.training.trainer import Trainer, TrainingData
from molvae.training.transfer import adopted_settings, check_out_of_base, transfer

logger = logging.getLogger(__name__)

LEDGER, CURATION_FILE = "ledger.csv", "curation.json"
#: Settings that a resumed run may change: how long it goes on, not what it does.
LIMITS = (
    "training.max_minutes",
    "training.max_steps",
    "training.max_epochs",
    "training.patience",
    "training.checkpoint_seconds",
)


def train(
    file: str | Path,
    out: str | Path,
    *,
    properties: Sequence[str] = (),
    property_kinds: Mapping[str, Kind] | None = None,
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
        base_model: a model folder to fine-tune.
        resume: go on with the run in `out`.
        overwrite: delete `out` first.
        settings: any setting of the [train] table by name, e.g. `bottleneck="deterministic"`.

    Raises:
        MolvaeError: as `train_model` does, and for an unknown setting.
    """
    if isinstance(properties, str):
        raise SettingsError(f'properties is the text "{properties}"; give a list, such as ["{properties}"]')
    table = dict(settings)
    if properties:
        table["properties"] = list(properties)
    names: dict[str, str] = {"regression": "regression", "yes/no": "yes_no"}
    for column, kind in (property_kinds or {}).items():
        if kind not in names:
            raise SettingsError(f'"{column}" is declared to be "{kind}"; choose one of {", ".join(names)}')
        table[names[kind]] = [*table.get(names[kind], []), column]
    request = RunRequest(
        file=Path(file),
        out=Path(out),
        cache=cache_folder(),
        settings=RunSettings.gathered(table, {}, "train"),
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
        OutputExistsError: if `request.out` exists and neither `resume` nor `overwrite` is set, or is the
            base model.
        SettingsError: if a resumed run differs from what it was, or the settings from the base model's.
        InputError: if the file can't be used.
    """
    settings = request.settings
    base = None
    if request.base_model is not None:
        check_out_of_base(request)
        base = load_model(request.base_model)
        settings = adopted_settings(settings, base)
    if not (resume or overwrite):
        check_free(request.out)
    elif resume and not request.out.exists():
        logger.warning('there is no run in "%s" to resume: a new one begins', request.out)
    prepared = prepare_data(replace(request, settings=settings), base)
    record = _record(request, settings, prepared.curated)
    with claim_folder(request.out, record, may_change=LIMITS, resume=resume, overwrite=overwrite):
        return _trained(request, settings, prepared, record, base), prepared


def _trained(
    request: RunRequest,
    settings: RunSettings,
    prepared: Prepared,
    record: Mapping[str, Any],
    base: MoleculeModel | None,
) -> MoleculeModel:
    """The model that the run in the folder of the request ends with; it goes on from where it was."""
    curated = prepared.curated
    shutil.copyfile(prepared.ledger_path, request.out / LEDGER)
    write_summary(prepared.summary(), request.out / CURATION_FILE)
    if prepared.num_unseen > 0:
        logger.info("%s, %d for a symbol unseen in training", prepared.summary_line(), prepared.num_unseen)
    if base is not None:
        _warn_of_known(prepared, base)
    if _is_finished(request.out, record):
        logger.info('"%s" is trained already', request.out)
        return load_model(request.out)
    scaler = prepared.scaler()
    network = _network(settings, prepared, scaler, base)
    targets = scaler.scale(np.asarray(curated.properties())) if scaler is not None else None
    fingerprints = None
    if num_bits := settings.network.fingerprint_bits:
        fingerprints = fingerprints_of(curated, num_bits, request.cache, settings.table.num_workers)
    data = TrainingData(prepared.arrays, prepared.split.train, prepared.split.valid, targets, fingerprints)
    if (writings := further_writings(prepared, request.cache, settings)) is not None:
        data = data.with_writings(writings)
    result = Trainer(network, data, settings.training, request.out).run()
    with _advice_when_interrupted(request.out):
        model = finish(
            network, prepared, scaler, targets, settings.curation, settings.training, result, record, base
        )
    save_model(model, request.out)
    for sentence in shortcomings(model.facts["valid"]):
        logger.warning("%s", sentence)
    return load_model(request.out)


def prepare_data(request: RunRequest, base: MoleculeModel | None = None) -> Prepared:
    """The molecules of a run, curated and tokenized, from the cache folder where they are there.

    Raises:
        InputError: if the file can't be used.
        SettingsError: if the split leaves a part empty.
    """
    settings = request.settings
    curated = curate(
        request.file,
        request.cache,
        settings.curation,
        smiles_column=settings.table.smiles_column,
        property_columns=settings.table.properties,
        property_kinds=settings.table.property_kinds,
        num_workers=settings.table.num_workers,
    )
    tokenizer = base.tokenizer if base is not None else None
    return prepare(curated, request.cache, settings.split, settings.tokenizer, tokenizer)


def further_writings(prepared: Prepared, cache: Path, settings: RunSettings) -> Writings | None:
    """The other writings of each molecule that a run learns from, if it does; from the cache folder."""
    num_writings = settings.training.augmentation
    if num_writings == 0:
        return None
    return writings_of(
        prepared.curated,
        prepared.tokenizer,
        num_writings,
        settings.curation.max_symbols,
        cache,
        settings.table.num_workers,
    )


def _warn_of_known(prepared: Prepared, base: MoleculeModel) -> None:
    """Says how many held-out molecules were in the table of the base model."""
    batches = prepared.curated.iter_batches(("smiles",))
    is_known = np.concatenate([base.training_keys.contains(batch) for (batch,) in batches])
    held_out = np.concatenate([prepared.split.valid, prepared.split.test])
    if num_known := int(is_known[held_out].sum()):
        logger.warning(
            "%d of %d held-out molecules were in the base model's table: what is measured on them flatters",
            num_known,
            len(held_out),
        )


@contextmanager
def _advice_when_interrupted(out: Path) -> Iterator[None]:
    """Says, when the user stops what follows training, that nothing of it is lost."""
    try:
        yield
    except KeyboardInterrupt:
        logger.warning('stopped before the model in "%s" was complete: go on with --resume', out)
        raise


def _record(request: RunRequest, settings: RunSettings, curated: Curated) -> dict[str, Any]:
    """What identifies a run: --resume refuses to go on with another."""
    base = request.base_model
    return settings.to_json() | {
        "file": request.file.name,
        "properties": list(curated.property_columns),
        "property_kinds": list(curated.property_kinds),
        "data_key": curated.key,
        "base_model": base.name if base is not None else None,
        "base_model_checksum": read_manifest(base)["checksum"] if base is not None else None,
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
        transfer(base, network, scaler)
    return network
