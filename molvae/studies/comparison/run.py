"""A file of molecules in, the arms trained on it and measured out: a folder with tables and a page.

arms/NAME/       a model folder an arm         tables/*.csv     what was measured, a table a question
run.json         what was asked for            results.json     all of it     report.html   to read
measured/        what was measured of each     matching/        how a KL weight was found

A study can go on with further arms: none that is there is trained or measured again.
"""

import json
import logging
import shutil
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from molvae.data.curation import curate
from molvae.data.screening import CurationSettings
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.model_folder import load_model
from molvae.studies.comparison.arms import arms_named
from molvae.studies.comparison.page import study_page
from molvae.studies.comparison.request import MEASURED, CompareRequest, claimed
from molvae.studies.comparison.study import Plan, Study, measure
from molvae.studies.comparison.subjects import Molecules, Row
from molvae.studies.comparison.trained import trained

logger = logging.getLogger(__name__)

REPORT, RESULTS, TABLES = "report.html", "results.json", "tables"


def compare(request: CompareRequest, *, resume: bool = False, overwrite: bool = False) -> Study:
    """Trains what is to be trained, measures it, and writes the folder.

    Raises:
        OutputExistsError: the folder is there, and neither `resume` nor `overwrite` is set.
        SettingsError: a resumed study was another one, or an arm is to match one that is not compared.
        InputError: the file can't be used, or holds too few molecules.
    """
    request = claimed(request, resume=resume, overwrite=overwrite)
    matched: list[Row] = []
    if request.models:
        models = {path.name: load_model(path) for path in request.models}
        folders = {path.name: path for path in request.models}
        known, unseen = _divided(request, list(models.values()))
    else:
        models, known, unseen, matched = trained(request)
        folders = {arm.label: request.folder_of(arm.name) for arm in arms_named(request.arms)}
    molecules = Molecules.readable_by(
        list(models.values()), known, unseen, cache=request.cache, seed=request.seed, extent=request.extent
    )
    plan = Plan(molecules, request.samplers, request.out / MEASURED)
    study = measure(models, folders, plan, request.num_workers)
    if matched:
        study = replace(study, tables={**study.tables, "matching": pd.DataFrame(matched)})
    _write(study, request)
    return study


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
