"""Optimisers and tasks in, the PMO benchmark out: how soon each optimiser finds good molecules for each task.

A run is one optimiser, one task and one seed (`pmo_run.py`). They share a folder:

run.json     the budget and the corpus, written first: runs that are added later must have the same
runs.csv     the figures of the runs that were asked for last
<optimizer>/run.json      the optimiser's settings, molvae's version, and the model's checksum if it has one:
                          runs of another one do not go into the same folder

Source: Gao et al., NeurIPS 2022 (PMO): 10,000 calls, and ZINC250k as the only molecules known beforehand.
"""

import contextlib
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

import molvae
from molvae.errors import SettingsError
from molvae.generation.model_folder import model_path, weights_checksum
from molvae.optimization.pmo_objectives import ALL_SCORES, PREVIOUS, PUBLISHED_TASKS
from molvae.progress import Progress
from molvae.run_folder import claim_folder, record_run
from molvae.studies.pmo_run import ALL_OPTIMIZERS, EARLY_CALLS, PMO_OPTIMIZERS, PmoFigures, PmoJob, make_run
from molvae.studies.run_figures import read_figures
from molvae.studies.side_by_side import side_by_side

logger = logging.getLogger(__name__)

BUDGET = 10_000
RUNS_FILE = "runs.csv"
#: The model that was trained on the benchmark's corpus.
DEFAULT_MODEL = "zinc250k"


@dataclass(frozen=True, kw_only=True)
class PmoRequest:
    """What to run: every task with every optimiser and every seed.

    Attributes:
        corpus: SMILES that optimisers may begin from; none has a score beforehand.
        tasks: names of `ALL_SCORES`; by default those that the benchmark's own tables are of.
        optimizers: names of `PMO_OPTIMIZERS`, which are the default, or of `ABLATIONS`.
        seeds: of all that is random in a run.
        budget: unique molecules that are scored in a run.
        num_workers: runs at a time, each in a process; None for one a core, 0 for this process.
        model: a model's folder, or the name of one that comes with molvae, for optimizers that have one.
    """

    corpus: Sequence[str]
    tasks: Sequence[str] = PUBLISHED_TASKS
    optimizers: Sequence[str] = tuple(PMO_OPTIMIZERS)
    seeds: Sequence[int] = (0,)
    budget: int = BUDGET
    num_workers: int | None = None
    model: str | Path = DEFAULT_MODEL

    def __post_init__(self) -> None:
        for kind, names, known in (
            ("PMO task", self.tasks, list(ALL_SCORES)),
            ("optimizer", self.optimizers, list(ALL_OPTIMIZERS)),
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
        SettingsError: if the runs in `out` had another budget, corpus or model, or their optimizer other
            settings.
        ModelFolderError: if an optimizer's model is no model folder.
        InputError: if the ledger or the figures of a run in `out` are damaged.
        MolvaeError: if the process of a run crashes.
    """
    digest = hashlib.sha256("\n".join(request.corpus).encode()).hexdigest()
    record = {"budget": request.budget, "corpus": digest}
    model = model_path(request.model)
    searching = [name for name in dict.fromkeys(request.optimizers) if ALL_OPTIMIZERS[name].has_model]
    checksum = weights_checksum(model) if searching else ""  # before anything is deleted
    with claim_folder(out, record, may_change=(), resume=resume, overwrite=overwrite):
        return _made(request, out, model, checksum)


def _made(request: PmoRequest, out: Path, model: Path, checksum: str) -> list[PmoFigures]:
    """The figures of all runs, those made that are not there yet."""
    for optimizer in dict.fromkeys(request.optimizers):
        chosen = ALL_OPTIMIZERS[optimizer]
        identity = {
            "molvae": molvae.__version__,
            "model": checksum if chosen.has_model else None,
            "settings": dict(chosen.record),
        }
        record_run(out / optimizer, identity, may_change=(), resume=True, overwrite=False)
    jobs = [
        PmoJob(task, optimizer, seed, request.budget, out, model)
        for optimizer in dict.fromkeys(request.optimizers)
        for task in dict.fromkeys(request.tasks)
        for seed in dict.fromkeys(request.seeds)
    ]
    waiting = [job for job in jobs if not job.figures.exists()]
    if len(waiting) < len(jobs):
        logger.info("%d of %d runs are finished already", len(jobs) - len(waiting), len(jobs))
    finished = contextlib.closing(side_by_side(make_run, waiting, list(request.corpus), request.num_workers))
    with Progress(len(waiting), "runs") as bar, finished as finished_runs:
        for run in finished_runs:
            logger.info("%s, %s, seed %d: AUC %.3f", run.optimizer, run.task, run.seed, run.auc)
            bar.update()
    runs = [read_figures(job.figures, PmoFigures) for job in jobs]
    pd.DataFrame([asdict(run) for run in runs]).to_csv(out / RUNS_FILE, index=False)
    return runs


def auc_table(runs: Sequence[PmoFigures]) -> pd.DataFrame:
    """A row a task and a column an optimizer: AUC top-10, the mean over the seeds.

    Below stand the sums over the tasks: of these figures, without valsartan_smarts (which is found or not, as
    luck has it), with stereo variants counted once, and of the first `EARLY_CALLS`. Of a task that was run as
    published and mended, the published one is in these sums, and the mended one in a sum of its own, if all
    such tasks were run so.
    """
    table = pd.DataFrame([asdict(run) for run in runs])
    auc, auc_flat, auc_early = (
        table.pivot_table(index="task", columns="optimizer", values=name, sort=False)
        for name in ("auc", "auc_flat", "auc_early")
    )
    mended = [name for name in auc.index if name + PREVIOUS in auc.index]
    published = auc.index.difference(mended, sort=False)
    sums = {"sum": auc.loc[published]}
    if "valsartan_smarts" in auc.index:
        sums["sum without valsartan_smarts"] = auc.loc[published].drop("valsartan_smarts")
    sums["sum, stereo variants once"] = auc_flat.loc[published]
    if table["num_calls"].max() > EARLY_CALLS:
        sums[f"sum, first {EARLY_CALLS:,} calls"] = auc_early.loc[published]
    if mended and all(name.removesuffix(PREVIOUS) in auc.index for name in auc.index):
        sums["sum, isomers mended"] = auc.drop([name + PREVIOUS for name in mended])
    totals = pd.DataFrame({name: rows.sum(min_count=len(rows)) for name, rows in sums.items()}).T
    shown = pd.concat([auc, totals]).rename_axis(index="task", columns=None)
    return shown.reset_index()
