"""The arms of a study in, their models out: trained side by side, for as many steps, on the same molecules.

How many steps is said, or what the minutes of the first arm came to. An arm that is matched to another one
comes last, when the KL weight is found, which is done with the study's first seed alone. Each arm is trained
on one thread, wherever that is.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from molvae.errors import InterruptedRunError
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.model_folder import WEIGHTS, load_model
from molvae.progress import Progress
from molvae.studies.comparison.arms import ARMS, Arm, Training, arms_named
from molvae.studies.comparison.matching import Match, attempt_rows, find_match, full_row
from molvae.studies.comparison.request import CompareRequest, finished
from molvae.studies.comparison.study import Candidate
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
        candidates: the models, arm by arm.
        known: SMILES that they were trained on.
        unseen: SMILES that are held out.
        matched: rows of the table that says how KL weights were found.
    """

    candidates: list[Candidate]
    known: list[str]
    unseen: list[str]
    matched: list[Row]


def trained(request: CompareRequest) -> Trained:
    """Trains the arms, each once a seed, or opens them where they are finished.

    Raises:
        InterruptedRunError: the training was stopped.
        InputError: the file can't be used.
    """
    trainings = request.trainings
    arms = arms_named(tuple(dict.fromkeys(training.arm for training in trainings)))
    settings = {arm.name: arm.settings for arm in arms if arm.matches is None}
    first = next(training for training in trainings if training.arm in settings)
    limits = {"max_minutes": request.minutes, "max_steps": request.steps}
    asked = _run_request(request, settings[first.arm], first.seed, limits, request.folder_of(first))
    prepared = prepare_data(asked)
    further_writings(prepared, request.cache, asked.settings)  # once, and not in each process
    steps = request.steps
    if steps is None and (facts := finished(asked.out)) is not None:
        steps = int(facts["steps"])
    if steps is None:
        logger.info("training %s", ARMS[first.arm].label)
        steps = int(_train(asked).facts["steps"])
    like = [arm for arm in arms if arm.matches is not None]
    _do(
        [*_waiting(request, settings, steps), *(partial(_search, request, arm, steps) for arm in like)],
        request,
    )
    matches = {arm.name: _match(request, arm, steps) for arm in like}
    weighted = {arm.name: {**arm.settings, "kl_weight": matches[arm.name].kl_weight} for arm in like}
    _do(_waiting(request, weighted, steps), request)
    models = {training: _opened(request.folder_of(training)) for training in trainings}
    candidates = [
        Candidate(ARMS[training.arm].label, training.seed, request.folder_of(training), model)
        for training, model in models.items()
    ]
    known, unseen = prepared.smiles_of(prepared.split.train), prepared.smiles_of(prepared.split.test)
    return Trained(candidates, known, unseen, _matched(models, matches, request.seed))


def _opened(folder: Path) -> MoleculeModel | None:
    """The model of an arm; None where its weights were taken away."""
    return load_model(folder) if (folder / WEIGHTS).is_file() else None


def _matched(
    models: Mapping[Training, MoleculeModel | None], matches: Mapping[str, Match], first: int
) -> list[Row]:
    """The searches for a KL weight, each with the full trainings of the seeds that both arms have."""
    rows: list[Row] = []
    for name, match in matches.items():
        arm, to = ARMS[name], ARMS[str(ARMS[name].matches)]
        rows += [{"seed": first, **row} for row in attempt_rows(arm, to, match)]
        for training, model in models.items():
            other = models.get(Training(to.name, training.seed))
            if training.arm == name and model is not None and other is not None:
                rows.append({"seed": training.seed, **full_row(arm, to, match, model, other)})
    return rows


def _do(jobs: Sequence[Job], request: CompareRequest) -> None:
    with (
        Progress(len(jobs), "arms") as bar,
        closing(side_by_side(_carry_out, jobs, None, request.num_workers)) as done,
    ):
        for _ in done:
            bar.update()


def _carry_out(job: Job, _shared: None) -> None:
    job()


def _waiting(request: CompareRequest, settings: Mapping[str, Mapping[str, Any]], steps: int) -> list[Job]:
    """What is still to be trained of the arms whose settings are given, by name.

    The others were finished as they are asked for here, at whatever limit they had; those whose weights were
    taken away are taken as they are.
    """
    jobs: list[Job] = []
    for training in request.trainings:
        if training.arm not in settings:
            continue
        out, limits = request.folder_of(training), {"max_steps": steps}
        if (facts := finished(out)) is not None:
            limits = {name: facts["run"]["training"][name] for name in ("max_minutes", "max_steps")}
        asked = _run_request(request, settings[training.arm], training.seed, limits, out)
        if facts is None:
            jobs.append(partial(_train_only, asked))
        elif (out / WEIGHTS).is_file():
            _train(asked)
    return jobs


def _train_only(asked: RunRequest) -> None:
    _train(asked)


def _train(asked: RunRequest) -> MoleculeModel:
    """Trains a model, or goes on with it, or opens it if it is finished."""
    with one_thread(), _named(asked.out.name):
        model, _ = train_model(asked, resume=asked.out.exists())
    if not model.facts["is_complete"]:
        raise InterruptedRunError(f'the training in "{asked.out}" was interrupted; go on with --resume')
    return model


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Puts a name before what is logged meanwhile, as others may be logging beside it."""
    before = logging.getLogRecordFactory()

    def named(*arguments: Any, **others: Any) -> logging.LogRecord:
        record = before(*arguments, **others)
        record.msg = f"{name}: {record.msg}"
        return record

    logging.setLogRecordFactory(named)
    try:
        yield
    finally:
        logging.setLogRecordFactory(before)


def _match(request: CompareRequest, arm: Arm, steps: int) -> Match:
    """The KL weight of an arm that is matched to another; what was tried for it is not tried again."""

    def train(settings: Mapping[str, Any], length: int, out: Path) -> MoleculeModel:
        return _train(_run_request(request, settings, request.seed, {"max_steps": length}, out))

    return find_match(arm, ARMS[str(arm.matches)], steps, request.out, train)


def _search(request: CompareRequest, arm: Arm, steps: int) -> None:
    _match(request, arm, steps)


def _run_request(
    request: CompareRequest,
    settings: Mapping[str, Any],
    seed: int,
    limits: Mapping[str, float | None],
    out: Path,
) -> RunRequest:
    """How a model is trained: its settings, its seed, and where it ends. The split has a seed of its own."""
    shared = {"seed": seed, "valid_rate": VALID_RATE, "test_rate": TEST_RATE}
    given = {name: limit for name, limit in limits.items() if limit is not None}
    gathered = RunSettings.gathered({**request.training, **settings, **shared, **given}, {}, out.name)
    return RunRequest(file=request.file, out=out, cache=request.cache, settings=gathered)
