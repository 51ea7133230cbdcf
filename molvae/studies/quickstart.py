"""The whole way in one go: a table of SMILES in; a model, new molecules, better ones, and figures out.

model/       the model folder                optimize-QED/, optimize-logP/   a search each
molecules.csv    molecules sampled from the prior        metrics.csv    the table of figures
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from molvae.data.preparation import Prepared, TokenizerSettings
from molvae.data.table_settings import TableSettings
from molvae.errors import InterruptedRunError, OutputExistsError
from molvae.evaluation.report import describe_sample
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.sampling import draw_molecules
from molvae.models.autoencoder import AutoencoderSettings
from molvae.optimization.objectives import property_objective
from molvae.studies.molecule_tables import DEFAULT_PROPERTIES, FLOAT_FORMAT, sample_table
from molvae.studies.optimize_run import OptimizeRequest, OptimizeResult, optimize_molecules
from molvae.training.request import RunRequest, RunSettings
from molvae.training.run import train_model
from molvae.training.settings import TrainingSettings

logger = logging.getLogger(__name__)

MODEL, MOLECULES, METRICS = "model", "molecules.csv", "metrics.csv"
PROPERTIES = ("logP", "QED", "SA")
#: Ten thousand molecules are learned by heart in two minutes: few merges, dropped tokens and a higher price
#: for the latents keep a model of so few useful for others.
NUM_MERGES = 60
#: What is taken up, and by which optimizer.
SEARCHES = {"QED": "gradient-ascent", "logP": "cma-es"}


@dataclass(frozen=True, kw_only=True)
class QuickstartPlan:
    """What is done, and how much of it.

    Attributes:
        file: a table of SMILES with columns logP, QED and SA.
        out: the folder for everything.
        cache: where the curated table is kept.
        minutes: of training.
        num_samples: molecules sampled.
        num_starts: molecules that a search starts from, none of them trained on.
        budget: molecules that a search may score.
        network: the sizes of the network.
        seed: of all that is random.
    """

    file: Path
    out: Path
    cache: Path
    minutes: float = 2.5
    num_samples: int = 1000
    num_starts: int = 4
    budget: int = 200
    network: AutoencoderSettings = field(default_factory=lambda: AutoencoderSettings(head_dim=64))
    seed: int = 0


class Figure(NamedTuple):
    """A line of the table: what was measured, its value, and what it is about."""

    metric: str
    value: float
    remark: str


def quickstart(plan: QuickstartPlan) -> list[Figure]:
    """Trains, samples and optimizes; writes the folder and returns the table of figures.

    Raises:
        OutputExistsError: if `plan.out` exists.
    """
    if plan.out.exists():
        raise OutputExistsError(
            f'"{plan.out}" exists, perhaps from an earlier quickstart; remove it, or give another folder '
            "with --out"
        )
    logger.info("1 of 3: training a VAE on %s for %g minutes", plan.file.name, plan.minutes)
    model, prepared = _train(plan)
    if not model.facts["is_complete"]:
        raise InterruptedRunError(
            f'the training in "{plan.out}" was interrupted; remove the folder and start again, or go on with '
            "a shorter time: --minutes 1"
        )
    logger.info("2 of 3: sampling %s molecules", f"{plan.num_samples:,}")
    figures = _figures_of_training(model) + _sample(plan, model)
    logger.info("3 of 3: optimizing %s from %d molecules", " and ".join(SEARCHES), plan.num_starts)
    starts = _starts(prepared, plan)
    for name, optimizer in SEARCHES.items():
        figures.append(_optimize(plan, model, starts, name, optimizer))
    pd.DataFrame(figures).to_csv(plan.out / METRICS, index=False, float_format=FLOAT_FORMAT)
    return figures


def _train(plan: QuickstartPlan) -> tuple[MoleculeModel, Prepared]:
    training = TrainingSettings(
        max_minutes=plan.minutes,
        batch_size=128,
        learning_rate=3e-3,
        kl_weight=0.1,
        token_dropout=0.2,
        property_weight=1.0,
        seed=plan.seed,
    )
    request = RunRequest(
        file=plan.file,
        out=plan.out / MODEL,
        cache=plan.cache,
        settings=RunSettings(
            table=TableSettings(properties=PROPERTIES),
            network=plan.network,
            training=training,
            tokenizer=TokenizerSettings(num_merges=NUM_MERGES),
        ),
    )
    return train_model(request)


def _figures_of_training(model: MoleculeModel) -> list[Figure]:
    facts = model.facts
    about = "of molecules never trained on"
    figures = [Figure("exact reconstruction", facts["test"]["reconstruction"], about)]
    for name, value in facts["test"]["property_r2"].items():
        figures.append(Figure(f"R2 of {name}", np.nan if value is None else value, f"predicted, {about}"))
    return figures


def _sample(plan: QuickstartPlan, model: MoleculeModel) -> list[Figure]:
    draws = draw_molecules(model, plan.num_samples, seed=plan.seed)
    table = sample_table(model, draws.smiles, DEFAULT_PROPERTIES)
    table.to_csv(plan.out / MOLECULES, index=False, float_format=FLOAT_FORMAT)
    report = describe_sample(draws.smiles, model.training_keys.__contains__).set_index("metric")["value"]
    drawn = f"of {plan.num_samples:,} molecules sampled"
    return [
        Figure("validity", draws.num_valid / draws.num_draws, "of all draws from the prior"),
        Figure("uniqueness", float(report["uniqueness"]), drawn),
        Figure("novelty", float(report["novelty"]), "of the unique ones, not trained on"),
        Figure("internal diversity", float(report["internal_diversity"]), drawn),
    ]


def _starts(prepared: Prepared, plan: QuickstartPlan) -> list[str]:
    """Molecules of the test part, drawn at random."""
    generator = np.random.default_rng(plan.seed)
    test = prepared.split.test
    chosen = set(generator.choice(test, min(plan.num_starts, len(test)), replace=False).tolist())
    smiles = (text for (batch,) in prepared.curated.iter_batches(("smiles",)) for text in batch)
    return [text for index, text in enumerate(smiles) if index in chosen]


def _optimize(
    plan: QuickstartPlan, model: MoleculeModel, starts: Sequence[str], name: str, optimizer: str
) -> Figure:
    request = OptimizeRequest(
        objective=property_objective(name, "maximize"),
        starts=starts,
        optimizer=optimizer,
        budget=plan.budget,
        seed=plan.seed,
    )
    result: OptimizeResult = optimize_molecules(model, request, plan.out / f"optimize-{name}")
    if result.best is None or result.best_start is None:
        return Figure(f"best {name}", np.nan, "none of the molecules has a value")
    remark = (
        f"from {result.best_start.values[name]:.3f} of the best start, {plan.budget} calls of {optimizer}"
    )
    return Figure(f"best {name}", result.best.values[name], remark)
