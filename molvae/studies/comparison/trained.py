"""The arms of a study in, their models out: trained side by side, for as many steps, on the same molecules.

How many steps is said, or what the minutes of the first arm came to. An arm that is matched to another one
comes last, when the KL weight is found. Each arm is trained on one thread, wherever that is.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from molvae.errors import InterruptedRunError
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.model_folder import load_model
from molvae.progress import Progress
from molvae.studies.comparison.arms import ARMS, Arm, arms_named
from molvae.studies.comparison.matching import Match, find_match, matching_rows
from molvae.studies.comparison.request import CompareRequest, finished
from molvae.studies.comparison.subjects import Row
from molvae.studies.side_by_side import one_thread, side_by_side
from molvae.training.request import RunRequest, RunSettings
from molvae.training.run import further_writings, prepare_data, train_model

logger = logging.getLogger(__name__)

#: Shares of the data that are held out of training and measured on.
VALID_RATE, TEST_RATE = 0.01, 0.05

#: What one process does: without arguments, so that trainings and searches can stand in one line.
Job = Callable[[], None]


class Trained(NamedTuple):
    """What came of the training.

    Attributes:
        models: by the arm's label, in the order that the arms were given in.
        known: SMILES that they were trained on.
        unseen: SMILES that are held out.
        matched: rows of the table that says how KL weights were found.
    """

    models: dict[str, MoleculeModel]
    known: list[str]
    unseen: list[str]
    matched: list[Row]


def trained(request: CompareRequest) -> Trained:
    """Trains the arms, or opens them where they are finished.

    Raises:
        InterruptedRunError: the training was stopped.
        InputError: the file can't be used.
    """
    arms = arms_named(request.arms)
    own = [arm for arm in arms if arm.matches is None]
    like = [arm for arm in arms if arm.matches is not None]
    first = _run_request(request, own[0].settings, _length(request), request.folder_of(own[0].name))
    prepared = prepare_data(first)
    further_writings(prepared, request.cache, first.settings)  # once, and not in each process
    steps = request.steps
    if steps is None:
        logger.info("training %s", own[0].label)
        steps = int(_train(first).facts["steps"])
    searches = [partial(_search, request, arm, steps) for arm in like]
    _do([*_trainings(request, {arm.name: arm.settings for arm in own}, steps), *searches], request)
    matches = {arm.name: _match(request, arm, steps) for arm in like}
    weighted = {arm.name: {**arm.settings, "kl_weight": matches[arm.name].kl_weight} for arm in like}
    _do(_trainings(request, weighted, steps), request)
    models = {arm.name: load_model(request.folder_of(arm.name)) for arm in arms}
    rows = [
        row
        for arm in like
        for row in matching_rows(
            arm, ARMS[str(arm.matches)], matches[arm.name], models[arm.name], models[str(arm.matches)]
        )
    ]
    known, unseen = prepared.smiles_of(prepared.split.train), prepared.smiles_of(prepared.split.test)
    return Trained({arm.label: models[arm.name] for arm in arms}, known, unseen, rows)


def _do(jobs: Sequence[Job], request: CompareRequest) -> None:
    with (
        Progress(len(jobs), "arms") as bar,
        closing(side_by_side(_carry_out, jobs, None, request.num_workers)) as done,
    ):
        for _ in done:
            bar.update()


def _carry_out(job: Job, _shared: None) -> None:
    job()


def _trainings(request: CompareRequest, settings: Mapping[str, Mapping[str, Any]], steps: int) -> list[Job]:
    """What is still to be trained of arms with these settings, by name.

    The others were finished as they are asked for here, at whatever limit they had.
    """
    jobs: list[Job] = []
    for name, of_arm in settings.items():
        out = request.folder_of(name)
        if (facts := finished(out)) is None:
            jobs.append(partial(_train_only, _run_request(request, of_arm, {"max_steps": steps}, out)))
            continue
        limits = {name: facts["run"]["training"][name] for name in ("max_minutes", "max_steps")}
        _train(_run_request(request, of_arm, limits, out))
    return jobs


def _train_only(asked: RunRequest) -> None:
    _train(asked)


def _train(asked: RunRequest) -> MoleculeModel:
    """Trains a model, or goes on with it, or opens it if it is finished."""
    with one_thread():
        model, _ = train_model(asked, resume=asked.out.exists())
    if not model.facts["is_complete"]:
        raise InterruptedRunError(f'the training in "{asked.out}" was interrupted; go on with --resume')
    return model


def _match(request: CompareRequest, arm: Arm, steps: int) -> Match:
    """The KL weight of an arm that is matched to another; what was tried for it is not tried again."""

    def train(settings: Mapping[str, Any], length: int, out: Path) -> MoleculeModel:
        return _train(_run_request(request, settings, {"max_steps": length}, out))

    return find_match(arm, ARMS[str(arm.matches)], steps, request.out, train)


def _search(request: CompareRequest, arm: Arm, steps: int) -> None:
    _match(request, arm, steps)


def _length(request: CompareRequest) -> Mapping[str, float | None]:
    return {"max_minutes": request.minutes, "max_steps": request.steps}


def _run_request(
    request: CompareRequest, settings: Mapping[str, Any], length: Mapping[str, float | None], out: Path
) -> RunRequest:
    """How a model is trained: its settings, and where it ends."""
    shared = {"seed": request.seed, "valid_rate": VALID_RATE, "test_rate": TEST_RATE}
    given = {name: limit for name, limit in length.items() if limit is not None}
    gathered = RunSettings.gathered({**request.training, **settings, **shared, **given}, {}, out.name)
    return RunRequest(file=request.file, out=out, cache=request.cache, settings=gathered)
