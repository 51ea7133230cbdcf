"""A file of molecules in, the arms trained on it and measured out: a folder with tables and a page.

arms/NAME/       a model folder an arm         tables/*.csv     what was measured, a table a question
run.json         what was asked for            results.json     all of it     report.html   to read
"""

import json
import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from molvae.data.curation import curate
from molvae.data.preparation import Prepared
from molvae.data.screening import CurationSettings
from molvae.errors import InterruptedRunError, SettingsError
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.model_folder import load_model
from molvae.run_folder import claim_folder
from molvae.studies.comparison.arms import ARMS, Arm, arms_named
from molvae.studies.comparison.page import study_page
from molvae.studies.comparison.sampling import SAMPLERS
from molvae.studies.comparison.study import Study, measure
from molvae.studies.comparison.subjects import Extent, Molecules
from molvae.training.request import RunRequest, RunSettings
from molvae.training.run import train_model

logger = logging.getLogger(__name__)

#: Shares of the data that are held out of training and measured on.
VALID_RATE, TEST_RATE = 0.01, 0.05
REPORT, RESULTS, TABLES = "report.html", "results.json", "tables"


@dataclass(frozen=True, kw_only=True)
class CompareRequest:
    """What to compare.

    Attributes:
        file: the table of SMILES.
        out: the folder for all that comes of it.
        cache: the cache folder.
        arms: names of `ARMS`; the first one is trained for `minutes`, the others for as many steps.
        models: model folders to measure instead, as they are.
        minutes: of training, for the first arm.
        training: settings that all arms share, where they differ from the defaults of `train`.
        samplers: names of `SAMPLERS`.
        extent: how much is measured.
        seed: of all that is random.
    """

    file: Path
    out: Path
    cache: Path
    arms: tuple[str, ...] = tuple(ARMS)
    models: tuple[Path, ...] = ()
    minutes: float = 20.0
    training: Mapping[str, Any] = field(default_factory=dict)
    samplers: tuple[str, ...] = tuple(SAMPLERS)
    extent: Extent = field(default_factory=Extent)
    seed: int = 0

    def __post_init__(self) -> None:
        arms_named(self.arms)
        if not self.arms and not self.models:
            raise SettingsError("there is nothing to compare: give at least one arm or model")
        if not self.minutes > 0:
            raise SettingsError(f'minutes is "{self.minutes}"; it must be above 0')
        if len({path.name for path in self.models}) < len(self.models):
            raise SettingsError("two of the models have the same name; rename one of their folders")


def compare(request: CompareRequest, *, resume: bool = False, overwrite: bool = False) -> Study:
    """Trains what is to be trained, measures it, and writes the folder.

    Raises:
        OutputExistsError: the folder is there, and neither `resume` nor `overwrite` is set.
        SettingsError: a resumed study was another one.
        InputError: the file can't be used, or holds too few molecules.
    """
    record = {
        "file": request.file.name,
        "arms": list(request.arms) if not request.models else [],
        "models": [path.name for path in request.models],
        "minutes": request.minutes,
        "training": dict(request.training),
        "seed": request.seed,
    }
    claim_folder(request.out, record, may_change=(), resume=resume, overwrite=overwrite)
    if request.models:
        models = {path.name: load_model(path) for path in request.models}
        known, unseen = _divided(request, list(models.values()))
    else:
        models, known, unseen = _trained(request)
    molecules = Molecules.readable_by(
        list(models.values()), known, unseen, cache=request.cache, seed=request.seed, extent=request.extent
    )
    study = measure(models, molecules, request.samplers)
    _write(study, request)
    return study


def _trained(request: CompareRequest) -> tuple[dict[str, MoleculeModel], list[str], list[str]]:
    """The arms, one after another; those that are finished already are opened."""
    models: dict[str, MoleculeModel] = {}
    steps: int | None = None
    prepared: Prepared | None = None
    for arm in arms_named(request.arms):
        logger.info("training %s", arm.label)
        out = request.out / "arms" / arm.name
        model, prepared = train_model(_run_request(request, arm, steps, out), resume=out.exists())
        if not model.facts["is_complete"]:
            raise InterruptedRunError(f'the training in "{out}" was interrupted; go on with --resume')
        models[arm.label] = model
        steps = steps or int(model.facts["steps"])
    assert prepared is not None
    return models, prepared.smiles_of(prepared.split.train), prepared.smiles_of(prepared.split.test)


def _run_request(request: CompareRequest, arm: Arm, steps: int | None, out: Path) -> RunRequest:
    """How an arm is trained: for a time, or for as many steps as the first one."""
    length = {"max_minutes": request.minutes} if steps is None else {"max_steps": steps}
    shared = {"seed": request.seed, "valid_rate": VALID_RATE, "test_rate": TEST_RATE}
    table = {**request.training, **arm.settings, **shared, **length}
    settings = RunSettings.gathered(table, {}, arm.label)
    return RunRequest(file=request.file, out=out, cache=request.cache, settings=settings)


def _divided(request: CompareRequest, models: Sequence[MoleculeModel]) -> tuple[list[str], list[str]]:
    """Half of the file's molecules to fit to and half to measure on, for models that are there already."""
    curated = curate(request.file, request.cache, CurationSettings())
    smiles = [text for (batch,) in curated.iter_batches(("smiles",)) for text in batch]
    order = np.random.default_rng(request.seed).permutation(len(smiles))
    known, unseen = (
        [smiles[row] for row in np.sort(rows)]
        for rows in (order[: len(order) // 2], order[len(order) // 2 :])
    )
    num_seen = max(int(model.training_keys.contains(unseen).sum()) for model in models)
    if num_seen > 0:
        logger.warning(
            "%d of %d molecules to measure on were in the table of a model: what is measured flatters",
            num_seen,
            len(unseen),
        )
    return known, unseen


def _write(study: Study, request: CompareRequest) -> None:
    """The tables, all of them in one file, and the page, which comes last."""
    tables = request.out / TABLES
    shutil.rmtree(tables, ignore_errors=True)
    tables.mkdir()
    for name, table in study.tables.items():
        table.to_csv(tables / f"{name.replace(' ', '_')}.csv", index=False, float_format="%.6g")
    results = {name: json.loads(table.to_json(orient="records")) for name, table in study.tables.items()}
    text = json.dumps(results, indent=1, ensure_ascii=False)
    (request.out / RESULTS).write_text(text + "\n", encoding="utf-8")
    (request.out / REPORT).write_text(study_page(study), encoding="utf-8")
