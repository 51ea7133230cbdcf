"""Optimisers and tasks in, the PMO benchmark out: how soon each optimiser finds good molecules for each task.

A run is one optimiser, one task and one seed (`pmo_run.py`). They share a folder:

run.json     the budget and the corpus, written first: runs that are added later must have the same
runs.csv     the figures of the runs that were asked for last
<optimizer>/model.txt     the checksum of the model whose latents the optimiser searches, if it has one

Source: Gao et al., NeurIPS 2022 (PMO): 10,000 calls, and ZINC250k as the only molecules known beforehand.
"""

import contextlib
import hashlib
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from multiprocessing.synchronize import Event
from pathlib import Path

import pandas as pd
import torch

from molvae.data.workers import num_cores
from molvae.errors import MolvaeError, SettingsError
from molvae.generation.model_folder import model_path, weights_checksum
from molvae.optimization.pmo_objectives import PMO_SCORES
from molvae.progress import Progress
from molvae.run_folder import claim_folder
from molvae.studies.pmo_run import PMO_OPTIMIZERS, PmoFigures, PmoJob, make_run, read_figures

logger = logging.getLogger(__name__)

BUDGET = 10_000
RUNS_FILE = "runs.csv"
MODEL_FILE = "model.txt"
#: The model that was trained on the benchmark's corpus.
DEFAULT_MODEL = "zinc250k"


@dataclass(frozen=True, kw_only=True)
class PmoRequest:
    """What to run: every task with every optimiser and every seed.

    Attributes:
        corpus: SMILES that optimisers may begin from; none has a score beforehand.
        tasks: names of `PMO_SCORES`.
        optimizers: names of `PMO_OPTIMIZERS`.
        seeds: of all that is random in a run.
        budget: unique molecules that are scored in a run.
        num_workers: runs at a time, each in a process; None for one a core, 0 for this process.
        model: a model's folder, or the name of one that comes with molvae, for optimizers that have one.
    """

    corpus: Sequence[str]
    tasks: Sequence[str] = tuple(PMO_SCORES)
    optimizers: Sequence[str] = tuple(PMO_OPTIMIZERS)
    seeds: Sequence[int] = (0,)
    budget: int = BUDGET
    num_workers: int | None = None
    model: str | Path = DEFAULT_MODEL

    def __post_init__(self) -> None:
        for kind, names, known in (
            ("PMO task", self.tasks, list(PMO_SCORES)),
            ("optimizer", self.optimizers, list(PMO_OPTIMIZERS)),
        ):
            if unknown := [name for name in names if name not in known]:
                raise SettingsError(f'there is no {kind} "{unknown[0]}": choose of {", ".join(known)}')
        if not (self.corpus and self.tasks and self.optimizers and self.seeds):
            raise SettingsError('"0" runs are asked for: give a corpus, a task, an optimizer and a seed')
        for name, number, least in (
            ("budget", self.budget, 1),
            ("seed", min(self.seeds), 0),
            ("num_workers", self.num_workers or 0, 0),
        ):
            if number < least:
                raise SettingsError(f'{name} is "{number}"; it must be at least {least}')


def run_pmo(
    request: PmoRequest, out: Path, *, resume: bool = False, overwrite: bool = False
) -> list[PmoFigures]:
    """Makes the runs that are not there yet, and returns the figures of all that were asked for, in order.

    Args:
        request: what to run.
        out: the folder; runs in it that were not asked for stay.
        resume: keep the finished runs there, and go on with the others.
        overwrite: delete `out` first.

    Raises:
        OutputExistsError: if `out` holds something and neither `resume` nor `overwrite` is set.
        SettingsError: if the runs in `out` had another budget, corpus or model.
        ModelFolderError: if an optimizer's model is no model folder.
        InputError: if the ledger or the figures of a run in `out` are damaged.
        MolvaeError: if the process of a run crashes.
    """
    digest = hashlib.sha256("\n".join(request.corpus).encode()).hexdigest()
    record = {"budget": request.budget, "corpus": digest}
    claim_folder(out, record, may_change=(), resume=resume, overwrite=overwrite)
    model = model_path(request.model)
    for optimizer in dict.fromkeys(request.optimizers):
        if PMO_OPTIMIZERS[optimizer].has_model:
            _check_model(out / optimizer, model)
    jobs = [
        PmoJob(task, optimizer, seed, request.budget, out, model)
        for optimizer in dict.fromkeys(request.optimizers)
        for task in dict.fromkeys(request.tasks)
        for seed in dict.fromkeys(request.seeds)
    ]
    waiting = [job for job in jobs if not job.figures.exists()]
    if len(waiting) < len(jobs):
        logger.info("%d of %d runs are finished already", len(jobs) - len(waiting), len(jobs))
    finished = contextlib.closing(_finished_runs(waiting, request))
    with Progress(len(waiting), "runs") as bar, finished as finished_runs:
        for run in finished_runs:
            logger.info("%s, %s, seed %d: AUC %.3f", run.optimizer, run.task, run.seed, run.auc)
            bar.update()
    runs = [read_figures(job.figures) for job in jobs]
    pd.DataFrame([asdict(run) for run in runs]).to_csv(out / RUNS_FILE, index=False)
    return runs


def _check_model(folder: Path, model: Path) -> None:
    """Makes sure that all runs of an optimiser are of one model, whose checksum is kept in their folder."""
    checksum, file = weights_checksum(model), folder / MODEL_FILE
    folder.mkdir(exist_ok=True)
    if file.exists() and file.read_text(encoding="utf-8").strip() != checksum:
        raise SettingsError(
            f'the runs in "{folder}" are of another model than "{model}": give that one, or another folder'
        )
    file.write_text(f"{checksum}\n", encoding="utf-8")


def _finished_runs(jobs: Sequence[PmoJob], request: PmoRequest) -> Generator[PmoFigures, None, None]:
    """The runs as they finish, so many made at a time; closed early, it ends those that are under way."""
    count = min(len(jobs), num_cores() if request.num_workers is None else request.num_workers)
    if count == 0:
        yield from (make_run(job, request.corpus) for job in jobs)
        return
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    with ProcessPoolExecutor(count, context, _start_worker, (list(request.corpus), stop)) as pool:
        futures = [pool.submit(_make_run_of_worker, job) for job in jobs]
        try:
            yield from (future.result() for future in as_completed(futures))
        except BaseException as error:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            if isinstance(error, BrokenProcessPool):
                raise MolvaeError(
                    "the process of a run ended unexpectedly: go on with --resume, which loses no call"
                ) from error
            raise


_corpus_of_worker: list[str] = []


def _start_worker(corpus: list[str], stop: Event) -> None:
    """Gives a process the corpus once, for all its runs, and lets it end when it should or is an orphan."""
    _corpus_of_worker[:] = corpus
    torch.set_num_threads(1)  # as many runs side by side as there are cores
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None
    for wait in (stop.wait, parent.join):
        threading.Thread(target=_end_after, args=(wait,), daemon=True).start()


def _end_after(wait: Callable[[], object]) -> None:
    """Ends this process at once; its ledger is on disk to the last finished line."""
    wait()
    os._exit(1)


def _make_run_of_worker(job: PmoJob) -> PmoFigures:
    return make_run(job, _corpus_of_worker)


def auc_table(runs: Sequence[PmoFigures]) -> pd.DataFrame:
    """A row a task and a column an optimizer: AUC top-10, the mean over the seeds.

    Below stand the sums over the tasks: of these figures, without valsartan_smarts (which is found or not, as
    luck has it), and with stereo variants counted once.
    """
    table = pd.DataFrame([asdict(run) for run in runs])
    by_task = {
        name: table.pivot_table(index="task", columns="optimizer", values=name, sort=False)
        for name in ("auc", "auc_flat")
    }
    shown = by_task["auc"].copy()
    shown.loc["sum"] = by_task["auc"].sum(min_count=len(by_task["auc"]))
    if "valsartan_smarts" in by_task["auc"].index:
        rest = by_task["auc"].drop("valsartan_smarts")
        shown.loc["sum without valsartan_smarts"] = rest.sum(min_count=len(rest))
    shown.loc["sum, stereo variants once"] = by_task["auc_flat"].sum(min_count=len(by_task["auc"]))
    return shown.rename_axis(columns=None).reset_index()
