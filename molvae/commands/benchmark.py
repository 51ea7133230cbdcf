"""Run a published benchmark of optimizers: pmo, or improvement.

pmo: 20 tasks of molecular optimization at 10,000 calls each. Printed is the area under the mean of the best
ten molecules against calls, task by task, and the sum, beside what others have published. Four tasks that
ask for a formula are as they were when the benchmark was published, flaw and all (`_prev`); with --mended
they are as they were mended, which some later methods were measured on.
improvement: 200 leads of QED .7 to .8, 500 calls each. Printed is how many of them had a molecule of QED .9
found whose Tanimoto similarity to them is .4 at least.
The folder holds every run: one that was finished is not made again with --resume, and one that was cut short
goes on. So runs of other tasks, optimizers and seeds may be added.
"""

import argparse
from dataclasses import dataclass, field
from pathlib import Path

from molvae.commands.tables import in_columns, read_smiles
from molvae.data.sources import source_file
from molvae.errors import SettingsError
from molvae.optimization.pmo_objectives import PMO_SCORES, PUBLISHED_TASKS
from molvae.settings import add_flags, gather
from molvae.studies import improvement
from molvae.studies.improvement import (
    DEFAULT_OPTIMIZERS,
    MIN_SIMILARITY,
    WANTED_QED,
    ImprovementRequest,
    improvement_table,
    run_improvement,
    zinc_leads,
)
from molvae.studies.pmo import BUDGET, DEFAULT_MODEL, RUNS_FILE, PmoRequest, auc_table, run_pmo
from molvae.studies.pmo_published import (
    SUMS_AS_PUBLISHED,
    SUMS_MENDED,
    SUMS_OF_UNKNOWN,
    beside_published,
)
from molvae.studies.pmo_run import PMO_OPTIMIZERS


@dataclass(frozen=True, kw_only=True)
class BenchmarkSettings:
    """What is run."""

    corpus: Path | None = field(
        default=None,
        metadata={"help": "SMILES to begin from, or leads; else of ZINC250k, once fetched"},
    )
    tasks: tuple[str, ...] = field(
        default=(), metadata={"help": "a task; may be given again; else the 20 as published", "flag": "task"}
    )
    mended: bool = field(
        default=False,
        metadata={
            "help": "pmo: the 20 with four tasks as they were mended after the benchmark was published"
        },
    )
    optimizers: tuple[str, ...] = field(
        default=(),
        metadata={
            "help": "an optimizer; may be given again; else all but ablations",
            "flag": "optimizer",
        },
    )
    seeds: tuple[int, ...] = field(
        default=(0,), metadata={"help": "a seed; may be given again for pmo", "flag": "seed"}
    )
    budget: int | None = field(
        default=None, metadata={"help": "molecules that may be scored in a run; 10,000 or 500 by default"}
    )
    model: Path = field(
        default=Path(DEFAULT_MODEL),
        metadata={"help": "a model folder, or the name of a model, for optimizers that search its latents"},
    )
    num_workers: int | None = field(
        default=None, metadata={"help": "runs at a time; one a core by default, 0 for none but this process"}
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the benchmark, the folder and what is run."""
    parser.add_argument("benchmark", choices=("pmo", "improvement"), help="pmo or improvement")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the runs")
    parser.add_argument("--resume", action="store_true", help="go on with the runs in DIR, or add to them")
    parser.add_argument("--overwrite", action="store_true", help="delete the runs in DIR first")
    add_flags(parser, BenchmarkSettings)


def run(arguments: argparse.Namespace) -> None:
    """Runs it, and prints the table."""
    settings: BenchmarkSettings
    (settings,) = gather((BenchmarkSettings,), arguments.table, vars(arguments), arguments.table_where)
    run_benchmark = _run_pmo if arguments.benchmark == "pmo" else _run_improvement
    run_benchmark(arguments, settings)


def _run_pmo(arguments: argparse.Namespace, settings: BenchmarkSettings) -> None:
    if settings.mended and settings.tasks:
        raise SettingsError(f"--mended is a list of tasks, and so is --task {settings.tasks[0]}: give one")
    request = PmoRequest(
        corpus=read_smiles(settings.corpus or _zinc()).smiles,
        tasks=settings.tasks or (tuple(PMO_SCORES) if settings.mended else PUBLISHED_TASKS),
        optimizers=settings.optimizers or tuple(PMO_OPTIMIZERS),
        seeds=settings.seeds,
        budget=BUDGET if settings.budget is None else settings.budget,
        num_workers=settings.num_workers,
        model=settings.model,
    )
    runs = run_pmo(request, arguments.out, resume=arguments.resume, overwrite=arguments.overwrite)
    print(f"AUC top-10 at {request.budget:,} calls, seeds {', '.join(map(str, request.seeds))}")
    table = auc_table(runs)
    print(in_columns(beside_published(table) if request.budget == BUDGET else table))
    if request.budget == BUDGET:
        first, mended = (set(request.tasks) >= set(tasks) for tasks in (PUBLISHED_TASKS, PMO_SCORES))
        for is_whole, isomers, sums in (
            (first, "as first published", SUMS_AS_PUBLISHED),
            (mended, "mended", SUMS_MENDED),
            (first or mended, "of either kind", SUMS_OF_UNKNOWN),
        ):
            if is_whole:
                said = ", ".join(f"{name} {total}" for name, total in sums.items())
                print(f"published sums, isomers {isomers}: {said}")
    print(f"runs: {arguments.out / RUNS_FILE}")


def _run_improvement(arguments: argparse.Namespace, settings: BenchmarkSettings) -> None:
    if settings.mended:
        raise SettingsError("--mended is for pmo: improvement has one task, leave it out")
    if settings.tasks or len(settings.seeds) != 1:
        raise SettingsError(
            f'improvement has one task and takes one seed: "{len(settings.tasks)}" tasks and '
            f'"{len(settings.seeds)}" seeds are given'
        )
    given = settings.corpus
    request = ImprovementRequest(
        leads=zinc_leads(read_smiles(_zinc()).smiles) if given is None else read_smiles(given).smiles,
        optimizers=settings.optimizers or DEFAULT_OPTIMIZERS,
        budget=improvement.BUDGET if settings.budget is None else settings.budget,
        seed=settings.seeds[0],
        num_workers=settings.num_workers,
        model=settings.model,
    )
    results = run_improvement(request, arguments.out, resume=arguments.resume, overwrite=arguments.overwrite)
    print(
        f"QED {WANTED_QED} at a similarity of {MIN_SIMILARITY} to the lead, {request.budget:,} calls each, "
        f"seed {request.seed}"
    )
    print(in_columns(improvement_table(results)))
    print(f"runs: {arguments.out / RUNS_FILE}")


def _zinc() -> Path:
    return source_file("zinc250k", "zinc250k.smi")
