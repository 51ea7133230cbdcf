"""A file of molecules in, the arms trained on it and measured out: a folder with tables and a page.

arms/NAME/       a model folder an arm         tables/*.csv     what was measured, a table a question
run.json         what was asked for            results.json     all of it     report.html   to read
measured/        what was measured of each     matching/        how a KL weight was found

A study can go on with further arms: none that is there is trained or measured again.
"""

import json
import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from molvae.data.curation import curate
from molvae.data.preparation import Prepared
from molvae.data.screening import CurationSettings
from molvae.errors import InputError, InterruptedRunError, SettingsError
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.model_folder import load_model
from molvae.run_folder import RUN_FILE, claim_folder
from molvae.studies.comparison.arms import ARMS, arm_named, arms_named
from molvae.studies.comparison.matching import find_match, matching_rows
from molvae.studies.comparison.page import study_page
from molvae.studies.comparison.sampling import SAMPLERS
from molvae.studies.comparison.study import Study, measure
from molvae.studies.comparison.subjects import Extent, Molecules, Row
from molvae.training.request import RunRequest, RunSettings
from molvae.training.run import train_model

logger = logging.getLogger(__name__)

#: Shares of the data that are held out of training and measured on.
VALID_RATE, TEST_RATE = 0.01, 0.05
REPORT, RESULTS, TABLES, ARM_FOLDERS = "report.html", "results.json", "tables", "arms"
MEASURED = "measured"


@dataclass(frozen=True, kw_only=True)
class CompareRequest:
    """What to compare.

    Attributes:
        file: the table of SMILES.
        out: the folder for all that comes of it.
        cache: the cache folder.
        arms: names of `ARMS`; the first one is trained for `minutes`, the others for as many steps. A study
            that is gone on with keeps those that it has, and gets the others.
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
        for name in self.arms:
            arm_named(name)
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
        SettingsError: a resumed study was another one, or an arm is to match one that is not compared.
        InputError: the file can't be used, or holds too few molecules.
    """
    if resume and not request.models:
        before = arms_before(request.out)
        more = tuple(name for name in request.arms if name not in before)
        request = replace(request, arms=(*before, *more))
    if not request.models:
        arms_named(request.arms)
    record = {
        "file": request.file.name,
        "arms": list(request.arms) if not request.models else [],
        "models": [path.name for path in request.models],
        "minutes": request.minutes,
        "training": dict(request.training),
        "seed": request.seed,
    }
    claim_folder(request.out, record, may_change=("arms",), resume=resume, overwrite=overwrite)
    matched: list[Row] = []
    if request.models:
        models = {path.name: load_model(path) for path in request.models}
        folders = {path.name: path for path in request.models}
        known, unseen = _divided(request, list(models.values()))
    else:
        models, known, unseen, matched = _trained(request)
        folders = {arm.label: request.out / ARM_FOLDERS / arm.name for arm in arms_named(request.arms)}
    molecules = Molecules.readable_by(
        list(models.values()), known, unseen, cache=request.cache, seed=request.seed, extent=request.extent
    )
    study = measure(models, molecules, request.samplers, folders, request.out / MEASURED)
    if matched:
        study = replace(study, tables={**study.tables, "matching": pd.DataFrame(matched)})
    _write(study, request)
    return study


def arms_before(out: Path) -> tuple[str, ...]:
    """Names of the arms of the study in a folder; none where there is no study.

    Raises:
        InputError: its record is damaged.
    """
    path = out / RUN_FILE
    if not path.is_file():
        return ()
    try:
        return tuple(json.loads(path.read_text(encoding="utf-8")).get("arms", ()))
    except (ValueError, AttributeError) as error:
        raise InputError(f'"{path}" is damaged: start again with --overwrite') from error


class _Trained(NamedTuple):
    models: dict[str, MoleculeModel]
    known: list[str]
    unseen: list[str]
    matched: list[Row]


def _trained(request: CompareRequest) -> _Trained:
    """The arms, one after another, matched ones last; those that are finished already are opened."""
    found: dict[str, MoleculeModel] = {}
    matched: list[Row] = []
    steps: int | None = None
    prepared: Prepared | None = None

    def train(settings: Mapping[str, Any], length: int | None, out: Path) -> MoleculeModel:
        nonlocal prepared
        asked = _run_request(request, settings, length, out)
        model, prepared = train_model(asked, resume=out.exists())
        if not model.facts["is_complete"]:
            raise InterruptedRunError(f'the training in "{out}" was interrupted; go on with --resume')
        return model

    arms = arms_named(request.arms)
    for arm in sorted(arms, key=lambda one: one.matches is not None):
        out = request.out / ARM_FOLDERS / arm.name
        settings = dict(arm.settings)
        if arm.matches is not None:
            assert steps is not None
            match = find_match(arm, ARMS[arm.matches], steps, request.out, train)
            settings["kl_weight"] = match.kl_weight
        logger.info("training %s", arm.label)
        found[arm.name] = model = train(settings, steps, out)
        steps = steps or int(model.facts["steps"])
        if arm.matches is not None:
            matched += matching_rows(arm, ARMS[arm.matches], match, model, found[arm.matches])
    assert prepared is not None
    known, unseen = prepared.smiles_of(prepared.split.train), prepared.smiles_of(prepared.split.test)
    return _Trained({arm.label: found[arm.name] for arm in arms}, known, unseen, matched)


def _run_request(
    request: CompareRequest, settings: Mapping[str, Any], steps: int | None, out: Path
) -> RunRequest:
    """How a model is trained: for a time, or for as many steps as the first one."""
    length = {"max_minutes": request.minutes} if steps is None else {"max_steps": steps}
    shared = {"seed": request.seed, "valid_rate": VALID_RATE, "test_rate": TEST_RATE}
    table = {**request.training, **settings, **shared, **length}
    gathered = RunSettings.gathered(table, {}, out.name)
    return RunRequest(file=request.file, out=out, cache=request.cache, settings=gathered)


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
