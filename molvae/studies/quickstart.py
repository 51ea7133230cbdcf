"""The whole way in one go: molecules from a model that comes with molvae, then a table's own model, and more.

molecules.csv        sampled from the model that comes with molvae, as it is
model/               that model, fine-tuned on the table       tuned_molecules.csv    sampled from it
optimize-QED/, optimize-logP/    a search each, and its page   metrics.csv            the table of figures
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from molvae.data.preparation import Prepared
from molvae.data.reading import open_table
from molvae.data.table_settings import TableSettings
from molvae.errors import InterruptedRunError, OutputExistsError
from molvae.evaluation.report import describe_sample
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.model_folder import load_model
from molvae.generation.sampling import draw_molecules
from molvae.optimization.desired_property import DesiredProperty
from molvae.optimization.goal import Goal
from molvae.optimization.goal_objective import goal_objective
from molvae.studies.molecule_tables import DEFAULT_PROPERTIES, FLOAT_FORMAT, sample_table
from molvae.studies.optimize_run import (
    OptimizeRequest,
    OptimizeResult,
    optimize_molecules,
)
from molvae.studies.search_report import write_search_page
from molvae.training.request import RunRequest, RunSettings
from molvae.training.run import train_model
from molvae.training.settings import TrainingSettings

logger = logging.getLogger(__name__)

MODEL, MOLECULES, TUNED_MOLECULES, METRICS = "model", "molecules.csv", "tuned_molecules.csv", "metrics.csv"
BASE = "moses"
#: What is taken up.
SEARCHES = ("QED", "logP")


@dataclass(frozen=True, kw_only=True)
class QuickstartPlan:
    """What is done, and how much of it.

    Attributes:
        file: a table of SMILES.
        out: the folder for everything.
        cache: where the curated table is kept.
        properties: columns of the table for the head.
        base: a model folder, or the name of a model that comes with molvae.
        minutes: of fine-tuning.
        num_samples: molecules sampled, from either model.
        num_starts: molecules that a search starts from, none of them fine-tuned on.
        budget: molecules that a search may score.
        seed: of all that is random.
    """

    file: Path
    out: Path
    cache: Path
    properties: tuple[str, ...] = ()
    base: Path = Path(BASE)
    minutes: float = 1.0
    num_samples: int = 1000
    num_starts: int = 4
    budget: int = 200
    seed: int = 0


class Figure(NamedTuple):
    """A line of the table: what was measured, its value, and what it is about."""

    metric: str
    value: float
    remark: str


def quickstart(plan: QuickstartPlan) -> list[Figure]:
    """Samples, fine-tunes, samples again and optimizes; writes the folder and returns the table of figures.

    Raises:
        OutputExistsError: if `plan.out` exists.
        InputError: if the table can't be used.
    """
    if plan.out.exists():
        raise OutputExistsError(
            f'"{plan.out}" exists, perhaps from an earlier quickstart; remove it, or give another folder '
            "with --out"
        )
    open_table(plan.file, property_columns=plan.properties)
    base = load_model(plan.base)
    plan.out.mkdir(parents=True)
    logger.info('1 of 4: sampling %s molecules from the model "%s"', f"{plan.num_samples:,}", plan.base)
    figures = _sample(plan, base, MOLECULES, str(plan.base))
    logger.info("2 of 4: fine-tuning it on %s for %g minutes", plan.file.name, plan.minutes)
    model, prepared = _fine_tune(plan)
    if not model.facts["is_complete"]:
        raise InterruptedRunError(
            f'the training in "{plan.out}" was interrupted; remove the folder and start again, or go on with '
            "a shorter time: --minutes 1"
        )
    held_out = prepared.smiles_of(prepared.split.test)
    figures += _figures_of_training(model, float(base.training_keys.contains(held_out).mean()))
    logger.info("3 of 4: sampling %s molecules from what came of it", f"{plan.num_samples:,}")
    figures += _sample(plan, model, TUNED_MOLECULES, "fine-tuned")
    logger.info("4 of 4: optimizing %s from %d molecules", " and ".join(SEARCHES), plan.num_starts)
    generator = np.random.default_rng(plan.seed)
    num_starts = min(plan.num_starts, len(held_out))
    starts = [held_out[place] for place in np.sort(generator.permutation(len(held_out))[:num_starts])]
    figures += [_optimize(plan, model, starts, name) for name in SEARCHES]
    pd.DataFrame(figures).to_csv(plan.out / METRICS, index=False, float_format=FLOAT_FORMAT)
    return figures


def _fine_tune(plan: QuickstartPlan) -> tuple[MoleculeModel, Prepared]:
    training = TrainingSettings(
        max_minutes=plan.minutes, batch_size=128, learning_rate=5e-4, token_dropout=0.1, seed=plan.seed
    )
    request = RunRequest(
        file=plan.file,
        out=plan.out / MODEL,
        cache=plan.cache,
        settings=RunSettings(table=TableSettings(properties=plan.properties), training=training),
        base_model=plan.base,
    )
    return train_model(request)


def _figures_of_training(model: MoleculeModel, known: float) -> list[Figure]:
    """Of the molecules held out, of which the base model may have seen a share."""
    facts = model.facts["test"]
    about = "of molecules not fine-tuned on" + (f", {known:.0%} known to the base model" if known else "")
    figures = [Figure("exact reconstruction", facts["reconstruction"], about)]
    for name, value in facts["property_r2"].items():
        figures.append(Figure(f"R2 of {name}", np.nan if value is None else value, f"predicted, {about}"))
    return figures


def _sample(plan: QuickstartPlan, model: MoleculeModel, name: str, kind: str) -> list[Figure]:
    """Writes molecules of a model to the file `name`; figures of them, `kind` behind each name."""
    draws = draw_molecules(model, plan.num_samples, seed=plan.seed)
    table = sample_table(model, draws.smiles, DEFAULT_PROPERTIES)
    table.to_csv(plan.out / name, index=False, float_format=FLOAT_FORMAT)
    report = describe_sample(draws.smiles, model.training_keys.__contains__).set_index("metric")["value"]
    drawn = f"of {plan.num_samples:,} molecules sampled"
    return [
        Figure(f"uniqueness, {kind}", float(report["uniqueness"]), drawn),
        Figure(f"novelty, {kind}", float(report["novelty"]), "of the unique ones, not trained on"),
        Figure(f"internal diversity, {kind}", float(report["internal_diversity"]), drawn),
        Figure(f"mean QED, {kind}", float(report["QED_mean"]), drawn),
    ]


def _optimize(plan: QuickstartPlan, model: MoleculeModel, starts: Sequence[str], name: str) -> Figure:
    goal = Goal(properties=(DesiredProperty(name=name, maximize=True),))
    with goal_objective(goal, model) as objective:
        request = OptimizeRequest(
            objective=objective, goal=goal, starts=starts, budget=plan.budget, seed=plan.seed
        )
        folder = plan.out / f"optimize-{name}"
        result: OptimizeResult = optimize_molecules(model, request, folder)
    remark = f"{plan.budget} calls of {request.optimizer}"
    if result.best is None:
        return Figure(f"best {name}", np.nan, f"no molecule without alerts, {remark}")
    write_search_page(folder)
    if result.best_start is not None:
        remark = f"from {result.best_start.values[name]:.3f} of the best start, {remark}"
    return Figure(f"best {name}", result.best.values[name], remark)
