"""A file of molecules in, the arms trained on it and measured out: a folder with tables and a page.

arms/NAME/       a model folder an arm         tables/*.csv     what was measured, a table a question
run.json         what was asked for            results.json     all of it     report.html   to read
measured/        what was measured of each     matching/        how a KL weight was found

A study can go on with further arms and seeds: none that is there is trained or measured again. A model of
another than the study's first seed is in arms/NAME-seed-N. Of an arm that was measured the weights may be
taken away: its figures stay in the tables, and only the drawings are of those that are there.
"""

import json
import logging
import shutil
from collections.abc import Sequence
from typing import Any

import numpy as np

from molvae.data.curation import curate
from molvae.data.screening import CurationSettings
from molvae.errors import InputError
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.model_folder import load_model
from molvae.studies.comparison.class_file import Labelled, placeable, read_classes
from molvae.studies.comparison.page import study_page
from molvae.studies.comparison.request import MEASURED, CompareRequest, claimed
from molvae.studies.comparison.study import Candidate, Plan, Study, Tables, measure
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
    classes = read_classes(request.classes) if request.classes is not None else None
    with claimed(request, resume=resume, overwrite=overwrite) as request:
        return _compared(request, classes)


def _compared(request: CompareRequest, classes: Labelled | None) -> Study:
    """What the study in the folder of the request comes to."""
    matched: list[Row] = []
    if request.models:
        models = [load_model(path) for path in request.models]
        named = zip(request.models, models, strict=True)
        candidates = [Candidate(path.name, request.seed, path, model) for path, model in named]
        known, unseen = _divided(request, models)
    else:
        candidates, known, unseen, matched = trained(request)
        models = [candidate.model for candidate in candidates if candidate.model is not None]
        if not models:
            raise InputError(f'no arm of "{request.out}" has its weights: put those of one back')
    molecules = Molecules.readable_by(
        models, known, unseen, cache=request.cache, seed=request.seed, extent=request.extent
    )
    if classes is not None:
        held_out = unseen if not request.models else []
        where = f'"{request.classes.path}"' if request.classes else ""
        classes = placeable(classes, models, held_out, request.seed, where)
    plan = Plan(molecules, request.samplers, request.out / MEASURED, classes)
    study = measure(candidates, plan, request.num_workers, {"matching": matched})
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
    results: dict[str, Any] = _as_json(study.tables)
    if study.each_seed:
        results |= {"each seed": _as_json(study.each_seed)}
    text = json.dumps(results, indent=1, ensure_ascii=False)
    (request.out / RESULTS).write_text(text + "\n", encoding="utf-8")
    (request.out / REPORT).write_text(study_page(study), encoding="utf-8")


def _as_json(tables: Tables) -> dict[str, Any]:
    return {name: json.loads(table.to_json(orient="records")) for name, table in tables.items()}
