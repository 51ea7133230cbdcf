"""Search a model's latent space for molecules with a better property.

The property is one that RDKit computes (logP, QED, SA, MW, TPSA, ...), or else one that the model was trained
to predict: then the head is the oracle, and what is found is as good as the head is. An oracle of your own
gives any other, and a goal file asks for several at once, and for constraints. The budget counts the
molecules that are scored. The folder holds oracle.csv, every call as it happened, molecules.csv and
molecules.sdf, the molecules found, best first, and report.html, a page about the search.
"""

import argparse
import logging
from collections.abc import Collection
from pathlib import Path

import numpy as np

from molvae.commands.opening import add_model
from molvae.commands.search_settings import SearchSettings
from molvae.commands.tables import in_columns, read_smiles
from molvae.errors import InputError, SettingsError
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.model_folder import load_model, read_manifest
from molvae.generation.molecules import refusal_error
from molvae.optimization.choices import Settings
from molvae.optimization.evolution import EvolutionSettings
from molvae.optimization.goal import Goal
from molvae.optimization.goal_objective import goal_objective
from molvae.optimization.gradient_ascent import GradientSettings
from molvae.optimization.graph_ga import GraphGASettings
from molvae.optimization.latent_cma_es import CMASettings
from molvae.optimization.pareto import hypervolume
from molvae.optimization.trust_region_bo import TrustRegionSettings
from molvae.setting_fields import fields_of
from molvae.settings import add_flags, gather
from molvae.studies.model_opinion import COMES_BACK
from molvae.studies.molecule_tables import BROKEN, FRONT, SCORE
from molvae.studies.optimize_run import (
    MOLECULES_FILE,
    ORACLE_FILE,
    OptimizeRequest,
    OptimizeResult,
    optimize_molecules,
    sought_value,
)
from molvae.studies.search_report import write_search_page

logger = logging.getLogger(__name__)

NUM_SHOWN = 5
#: The settings of each optimizer that has some.
OWN_SETTINGS: dict[str, type[Settings]] = {
    "evolution": EvolutionSettings,
    "latent-evolution": EvolutionSettings,
    "gradient-ascent": GradientSettings,
    "cma-es": CMASettings,
    "trust-region": TrustRegionSettings,
    "graph-ga": GraphGASettings,
}
SETTINGS = (SearchSettings, *dict.fromkeys(OWN_SETTINGS.values()))
#: Flags that say how an oracle of one's own is run.
OF_ORACLE = ("oracle_timeout", "oracle_batch", "oracle_workers")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the model, the folder, the goal and the settings of the optimizers."""
    add_model(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR2", help="folder for the result")
    parser.add_argument("--resume", action="store_true", help="go on with the run in DIR2")
    parser.add_argument("--overwrite", action="store_true", help="delete the run in DIR2 first")
    parser.add_argument(
        "--retry-failed",
        action="store_true",
        help="with --resume: score again what got no score, as after an oracle was out of order",
    )
    for cls in SETTINGS:
        add_flags(parser, cls)


def run(arguments: argparse.Namespace) -> None:
    """Searches, and prints the best molecules."""
    gathered = gather(SETTINGS, arguments.table, vars(arguments), arguments.table_where)
    chosen = dict(zip(SETTINGS, gathered, strict=True))
    settings: SearchSettings = chosen[SearchSettings]
    _check_flags(vars(arguments), settings)
    if arguments.retry_failed and not arguments.resume:
        raise SettingsError('"--retry-failed" goes on with a run: give --resume too')
    model = load_model(arguments.model)
    goal = settings.read_goal(model.property_names)
    with goal_objective(goal, model) as objective:
        own = OWN_SETTINGS.get(settings.optimizer)
        request = OptimizeRequest(
            objective=objective,
            goal=goal,
            starts=_starts(model, settings) or _leads(model, goal),
            optimizer=settings.optimizer,
            settings=chosen[own] if own is not None else None,
            budget=settings.budget,
            patience=settings.stop_after,
            proposals_per_batch=settings.proposals_per_batch,
            seed=settings.seed,
            model_key=read_manifest(arguments.model)["checksum"],
        )
        result = optimize_molecules(
            model,
            request,
            arguments.out,
            resume=arguments.resume,
            overwrite=arguments.overwrite,
            retry_failed=arguments.retry_failed,
        )
    _print_result(result, request, arguments.out)
    if result.best is not None:
        print(f"report: {write_search_page(arguments.out)}")


def _check_flags(given: Collection[str], settings: SearchSettings) -> None:
    """Refuses flags that would change nothing."""
    own = OWN_SETTINGS.get(settings.optimizer)
    for name, cls in OWN_SETTINGS.items():
        if cls is not own and (idle := next((flag for flag in fields_of(cls) if flag in given), None)):
            raise SettingsError(
                f'"--{idle.replace("_", "-")}" is a setting of {name}, and not of the optimizer '
                f'"{settings.optimizer}": leave it out, or give --optimizer {name}'
            )
    has_oracle = settings.oracle_python is not None or settings.oracle_command is not None
    if not has_oracle and (idle := next((flag for flag in OF_ORACLE if flag in given), None)):
        raise SettingsError(
            f'"--{idle.replace("_", "-")}" says how an oracle is run that is given with --oracle-python or '
            "--oracle-command: give one of these, or write it under [oracle] in the goal file"
        )


def _starts(model: MoleculeModel, settings: SearchSettings) -> list[str]:
    """Canonical SMILES of the molecules to start from; of a file, those that the model can read."""
    given = model.readable(settings.from_smiles)
    if given.refused:
        raise refusal_error(given.refused[0])
    starts = given.smiles
    if (path := settings.from_file) is not None:
        molecules = read_smiles(path)
        readable = model.readable(molecules.smiles)
        starts += readable.smiles
        if refused := readable.refused:
            print(
                f"{len(refused)} of {len(molecules.rows)} rows of {path} can't be read by the model, "
                f"first row {molecules.rows[refused[0].place]}: {refused[0].reason}"
            )
        if not readable.smiles:
            raise InputError(f'no row of "{path}" is a molecule that the model can read; give another file')
    return list(dict.fromkeys(starts))


def _leads(model: MoleculeModel, goal: Goal) -> list[str]:
    """Canonical SMILES of the leads of a goal that the model can read: where else to start."""
    leads = model.readable(goal.constraints.leads)
    for refusal in leads.refused:
        logger.warning("the search can't start at the lead %s: %s", refusal.smiles, refusal.reason)
    return list(dict.fromkeys(leads.smiles))


def _print_result(result: OptimizeResult, request: OptimizeRequest, out: Path) -> None:
    objective = request.objective
    name = objective.column or SCORE
    calls = len(result.search.curve)
    if result.best is None:
        kept = " and keeps the constraints" if len(result.table) else ""
        print(f"none of {calls:,} molecules has a {name}{kept}; see {out / ORACLE_FILE}")
        _print_early_end(result, request)
        return
    best = sought_value(objective.column, result.best)
    start = ""
    if result.best_start is not None:
        start = f", from {sought_value(objective.column, result.best_start):.3f} of the best start"
    if objective.aims:
        aims = np.array([molecule.call.aims(objective.aims) for molecule in result.search.molecules])
        front = aims[result.table[FRONT] == 1]
        print(f"a front of {len(front):,} molecules, hypervolume {hypervolume(front):.3f} of 1")
    print(f"best {name} {best:.3f}{start}, in {calls:,} calls of {request.optimizer}")
    _print_early_end(result, request)
    if note := _shortcomings(result, calls):
        print(note)
    columns = [name] if objective.column else [name, *request.goal.columns]
    columns = [FRONT, *columns] if objective.aims else columns
    similarity = [] if result.best_start is None else ["similarity"]
    answers = result.table[result.table[BROKEN] == ""] if BROKEN in result.table else result.table
    shown = answers[["rank", *columns, *similarity, COMES_BACK, "smiles"]].head(NUM_SHOWN)
    print(in_columns(shown))
    if (num_unknown := int((~shown[COMES_BACK]).sum())) > 0:
        print(
            f"{num_unknown} of these {len(shown)} do not come back from their own codes: the model has no "
            "place for them, and no say in them"
        )
    print(f"molecules: {out / MOLECULES_FILE}")
    print(f"oracle ledger: {out / ORACLE_FILE}")


def _print_early_end(result: OptimizeResult, request: OptimizeRequest) -> None:
    """Says so if budget is left."""
    if result.search.stop_reason == "plateau":
        print(f"the search stopped: its last {request.patience:,} molecules or more were no better")
    if result.search.stop_reason == "stalled":
        print(
            "the search stalled: for a long time it proposed nothing new that could be an answer, and it "
            "kept the rest of its budget"
        )


def _shortcomings(result: OptimizeResult, calls: int) -> str:
    """How many molecules break a constraint or have no score; "" if none does."""
    counts = {"break a constraint": result.search.num_broken, "have no score": result.search.num_failed}
    told = [f"{count:,} {what}" for what, count in counts.items() if count]
    return f"of {calls:,} molecules {' and '.join(told)}: see {ORACLE_FILE}, column error" if told else ""
