"""Search a model's latent space for molecules with a better property.

The property is one that RDKit computes (logP, QED, SA, MW, TPSA, ...), or else one that the model was trained
to predict: then the head is the oracle, and what is found is as good as the head is. The budget counts the
molecules that are scored. The folder holds oracle.csv, every call as it happened, and molecules.csv, the
molecules found, best first.
"""

import argparse
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from molvae.chem.properties import property_name
from molvae.commands.opening import add_model
from molvae.commands.tables import in_columns, read_smiles
from molvae.errors import InputError, SettingsError
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.model_folder import load_model, read_manifest
from molvae.generation.molecules import refusal_error
from molvae.optimization.choices import Settings
from molvae.optimization.gradient_ascent import GradientSettings
from molvae.optimization.latent_cma_es import CMASettings
from molvae.optimization.objectives import Direction, Objective, predicted_objective, property_objective
from molvae.settings import add_flags, gather
from molvae.studies.optimize_run import (
    MOLECULES_FILE,
    ORACLE_FILE,
    OptimizeRequest,
    OptimizeResult,
    default_optimizer,
    optimize_molecules,
)

logger = logging.getLogger(__name__)

NUM_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class SearchSettings:
    """What is searched for, and from where. Give one of --maximize, --minimize and --target."""

    maximize: str | None = field(
        default=None, metadata={"help": "a property to take up, such as QED, or one that the model predicts"}
    )
    minimize: str | None = field(default=None, metadata={"help": "a property to take down, such as SA"})
    target: str | None = field(default=None, metadata={"help": "a value to come close to, such as logP=2.5"})
    from_smiles: tuple[str, ...] = field(
        default=(), metadata={"help": "a molecule to start from; may be given again"}
    )
    from_file: Path | None = field(default=None, metadata={"help": "a file of molecules to start from"})
    optimizer: Literal["gradient-ascent", "cma-es", "random-prior"] | None = field(
        default=None, metadata={"help": "gradient-ascent if the head predicts the property, else cma-es"}
    )
    budget: int = field(default=500, metadata={"help": "molecules that may be scored, the starts included"})
    proposals_per_batch: int = field(default=16, metadata={"help": "molecules proposed at a time"})
    seed: int = field(default=0, metadata={"help": "seed of all that is random"})

    def __post_init__(self) -> None:
        given = [text for text in (self.maximize, self.minimize, self.target) if text is not None]
        if len(given) != 1:
            raise SettingsError(
                f'{len(given)} goals are given ("{", ".join(given)}"); give one of --maximize NAME, '
                "--minimize NAME and --target NAME=VALUE"
            )
        for name, value in {"budget": self.budget, "proposals_per_batch": self.proposals_per_batch}.items():
            if value < 1:
                raise SettingsError(f'{name} is "{value}"; it must be at least 1')
        if self.seed < 0:
            raise SettingsError(f'seed is "{self.seed}"; it must not be negative')

    def goal(self) -> tuple[str, Direction, float | None]:
        """The property's name as it was given, where it should go, and the value to come close to.

        Raises:
            SettingsError: for a target without a value.
        """
        if self.maximize is not None:
            return self.maximize.strip(), "maximize", None
        if self.minimize is not None:
            return self.minimize.strip(), "minimize", None
        name, _, value = (self.target or "").partition("=")
        try:
            return name.strip(), "target", float(value)
        except ValueError:
            raise SettingsError(f'target is "{self.target}"; write NAME=VALUE, such as logP=2.5') from None


def _objective(settings: SearchSettings, model: MoleculeModel) -> Objective:
    """The goal as an objective: computed by RDKit if it can be, else predicted by the head.

    Raises:
        SettingsError: for a property that is neither computed nor predicted.
    """
    name, direction, target = settings.goal()
    try:
        return property_objective(property_name(name), direction, target)
    except SettingsError as error:
        if name not in model.property_names:
            known = ", ".join(model.property_names) or "none"
            raise SettingsError(f"{error}; the model itself predicts {known}") from error
    logger.warning("the oracle is what the model itself predicts of %s: check what is found", name)
    return predicted_objective(model, name, direction, target)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the model, the folder, the goal and the settings of the optimizers."""
    add_model(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR2", help="folder for the result")
    parser.add_argument("--resume", action="store_true", help="go on with the run in DIR2")
    parser.add_argument("--overwrite", action="store_true", help="delete the run in DIR2 first")
    for cls in (SearchSettings, GradientSettings, CMASettings):
        add_flags(parser, cls)


def run(arguments: argparse.Namespace) -> None:
    """Searches, and prints the best molecules."""
    settings: SearchSettings
    settings, gradient, cma = gather(
        (SearchSettings, GradientSettings, CMASettings),
        arguments.table,
        vars(arguments),
        arguments.table_where,
    )
    settings.goal()  # a mistake in it is told at once
    model = load_model(arguments.model)
    objective = _objective(settings, model)
    assert objective.goal is not None
    name = objective.goal.property_name
    optimizer = settings.optimizer or default_optimizer(model, name)
    own_settings: dict[str, Settings | None] = {"gradient-ascent": gradient, "cma-es": cma}
    request = OptimizeRequest(
        objective=objective,
        starts=_starts(model, settings),
        optimizer=optimizer,
        settings=own_settings.get(optimizer),
        budget=settings.budget,
        proposals_per_batch=settings.proposals_per_batch,
        seed=settings.seed,
        model_key=read_manifest(arguments.model)["checksum"],
    )
    result = optimize_molecules(
        model, request, arguments.out, resume=arguments.resume, overwrite=arguments.overwrite
    )
    _print_result(result, name, optimizer, arguments.out)


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


def _print_result(result: OptimizeResult, name: str, optimizer: str, out: Path) -> None:
    calls = len(result.search.curve)
    if result.best is None:
        print(f"none of {calls:,} molecules has a {name}; see {out / ORACLE_FILE}")
        return
    start = f", from {result.best_start.values[name]:.3f} of the best start" if result.best_start else ""
    print(f"best {name} {result.best.values[name]:.3f}{start}, in {calls:,} calls of {optimizer}")
    if result.search.stop_reason == "stalled":
        print("the search stalled: it proposed nothing new for a long time, and kept the rest of its budget")
    shown = ["rank", name, "smiles"] if result.best_start is None else ["rank", name, "similarity", "smiles"]
    print(in_columns(result.table[shown].head(NUM_SHOWN)))
    print(f"molecules: {out / MOLECULES_FILE}")
    print(f"oracle ledger: {out / ORACLE_FILE}")
