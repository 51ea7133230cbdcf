"""A search for better molecules, in a folder that it can be resumed from.

run.json        what was asked for, written first; a resumed run must be the same
oracle.csv      every call of the oracle, as it happens
molecules.csv   the molecules, best first      molecules.sdf   the best thousand with the same columns
report.html     a page about it, by `search_report`
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from molvae.chem.molecules import canonicalize, parse_smiles
from molvae.errors import InputError
from molvae.generation.latent_model import MoleculeModel
from molvae.interfaces import Optimizer
from molvae.optimization.choices import DEFAULT_OPTIMIZER, Settings, build_optimizer
from molvae.optimization.constraints import broken_constraints
from molvae.optimization.goal import Goal
from molvae.optimization.ledger import OracleCall
from molvae.optimization.objectives import Objective
from molvae.optimization.oracle import BudgetedOracle
from molvae.optimization.search import DEFAULT_BATCH_SIZE, SearchResult, search
from molvae.progress import Progress
from molvae.run_folder import claim_folder
from molvae.settings import to_dict
from molvae.studies.model_opinion import opinion_columns
from molvae.studies.molecule_tables import FLOAT_FORMAT, ranked_table
from molvae.studies.structure_file import write_sdf
from molvae.whole_files import write_whole

logger = logging.getLogger(__name__)

ORACLE_FILE, MOLECULES_FILE, STRUCTURES_FILE = "oracle.csv", "molecules.csv", "molecules.sdf"
PAGE_FILE = "report.html"
#: Molecules in the SDF, the best.
MAX_STRUCTURES = 1_000
#: A resumed run may have another budget and patience; all else must be the same. Of a goal the objective's
#: name tells what must be: how its oracle is run, the tables record only.
FREE_TO_CHANGE = {"budget", "patience", "goal"}


@dataclass(frozen=True, kw_only=True)
class OptimizeRequest:
    """A search: for what, from where, how.

    Attributes:
        objective: what to reach.
        goal: the goal that the objective was made of.
        starts: canonical SMILES to begin at; without any, the search begins at draws of the prior.
        optimizer: a name of `molvae.optimization.choices.OPTIMIZERS`.
        settings: the optimizer's own; None for its defaults.
        budget: unique molecules that the oracle may score, the starts among them.
        patience: molecules scored without a better one after which the search ends; None for none.
        proposals_per_batch: molecules proposed at a time.
        seed: of all that is random.
        model_key: identifies the model, so that a run is not resumed with another one.
    """

    objective: Objective
    goal: Goal
    starts: Sequence[str]
    optimizer: str = DEFAULT_OPTIMIZER
    settings: Settings | None = None
    budget: int = 500
    patience: int | None = None
    proposals_per_batch: int = DEFAULT_BATCH_SIZE
    seed: int = 0
    model_key: str = ""


class OptimizeResult(NamedTuple):
    """What a search found.

    Attributes:
        search: every scored molecule, and why the search ended.
        table: the molecules, best first (see `ranked_table`).
        best_start: the call of the best start that keeps the constraints; None without one.
        best: the best call of all; None if no molecule has a score and keeps the constraints.
    """

    search: SearchResult
    table: pd.DataFrame
    best_start: OracleCall | None
    best: OracleCall | None


def sought_value(column: str | None, call: OracleCall) -> float:
    """The value of the one property that is sought, NaN for none; where there is not just one, the score."""
    return call.score if column is None else call.values.get(column, np.nan)


def optimize_molecules(
    model: MoleculeModel,
    request: OptimizeRequest,
    out: Path,
    *,
    resume: bool = False,
    overwrite: bool = False,
    retry_failed: bool = False,
) -> OptimizeResult:
    """Searches, and writes the folder `out`.

    Args:
        model: whose latent space is searched.
        request: what to do.
        out: the run's folder.
        resume: go on with the run there, whose scored molecules cost nothing; start it if there is none.
        overwrite: delete `out` first.
        retry_failed: forget first which molecules have no score, so that they are scored when they come up.

    Raises:
        OutputExistsError: if `out` holds something and neither `resume` nor `overwrite` is set, or if it is
            not the folder of a run, which is never deleted.
        SettingsError: if a resumed run differs from what it was.
        InputError: if there are more starts than the budget allows, or the optimizer can't seek the goal.
    """
    if len(request.starts) > request.budget:
        raise InputError(
            f'"{len(request.starts)}" starting molecules are more than the budget of "{request.budget}" '
            "calls: give fewer, or a larger --budget"
        )
    _warn_of_starts(request)
    optimizer = build_optimizer(
        request.optimizer, model, request.objective, request.starts, request.seed, request.settings
    )
    record = _record(request)
    with claim_folder(out, record, may_change=FREE_TO_CHANGE, resume=resume, overwrite=overwrite):
        return _searched(model, request, optimizer, out, retry_failed)


def _searched(
    model: MoleculeModel, request: OptimizeRequest, optimizer: Optimizer, out: Path, retry_failed: bool
) -> OptimizeResult:
    """What the search finds, which is in the folder when it returns; a page of it as it was is gone."""
    (out / PAGE_FILE).unlink(missing_ok=True)
    oracle = BudgetedOracle(request.objective, request.budget, out / ORACLE_FILE, retry_failed=retry_failed)
    with Progress(request.budget, f"optimizing {request.objective.column or 'the goal'}") as bar:
        num_seen = 0

        def show(oracle: BudgetedOracle) -> None:
            nonlocal num_seen
            best = (
                {} if oracle.best is None else {"best": sought_value(request.objective.column, oracle.best)}
            )
            bar.update(len(oracle.history) - num_seen, **best)
            num_seen = len(oracle.history)

        found = search(optimizer, oracle, request.proposals_per_batch, show, patience=request.patience)
    leads = [canonicalize(text) for text in request.goal.constraints.leads]
    table = ranked_table(found, request.objective, request.starts, leads)
    if len(table):
        table = table.assign(**opinion_columns(model, table["smiles"].tolist(), request.seed))
    write_sdf(table.head(MAX_STRUCTURES), out / STRUCTURES_FILE)
    content = table.to_csv(index=False, float_format=FLOAT_FORMAT).encode()
    write_whole({out / MOLECULES_FILE: content}, remedy="free some space, and go on with --resume")
    answers = [molecule.call for molecule in found.molecules if molecule.call.is_answer]
    best_start = next((call for call in answers if call.smiles in set(request.starts)), None)
    return OptimizeResult(found, table, best_start, answers[0] if answers else None)


def _warn_of_starts(request: OptimizeRequest) -> None:
    """Says how many starts break a constraint: they are no answer, and bred from while nothing is better."""
    checks = request.goal.constraints.checks()
    reasons = {smiles: broken_constraints(parse_smiles(smiles), checks) for smiles in request.starts}
    broken = [f"{smiles} ({reason})" for smiles, reason in reasons.items() if reason]
    if broken:
        logger.warning(
            "%d of %d starting molecules break a constraint and are no answer, the first is %s; to let such "
            "in, change [constraints] in the goal file, or without one give --no-alerts",
            len(broken),
            len(reasons),
            broken[0],
        )


def _record(request: OptimizeRequest) -> dict[str, Any]:
    return {
        "objective": request.objective.name,
        "optimizer": request.optimizer,
        "settings": to_dict(request.settings) if request.settings is not None else None,
        "starts": list(request.starts),
        "budget": request.budget,
        "patience": request.patience,
        "proposals_per_batch": request.proposals_per_batch,
        "seed": request.seed,
        "model": request.model_key,
        "goal": request.goal.record(),
    }
