"""Read back what the laboratory measured, and see how the project stands.

The first file begins the project, with --model and --property; each further one is a round of measurements,
such as a batch of molvae suggest with its empty column filled in. A value may be missing, or censored: >10.
Without a file, the state is shown. Whatever stops it, the same command again does what is left to do.
"""

import argparse
from dataclasses import dataclass, field
from pathlib import Path

from molvae.commands.opening import MOLECULES_HELP
from molvae.commands.tables import in_columns
from molvae.errors import SettingsError
from molvae.generation.model_folder import load_model, read_manifest
from molvae.settings import add_flags, gather
from molvae.studies.lab.head import update_head
from molvae.studies.lab.history import history_table
from molvae.studies.lab.intake import Intake, take_in
from molvae.studies.lab.project import (
    LAB_FILE,
    LEDGER_FILE,
    MEASURED,
    MODEL,
    ROUNDS,
    Lab,
    begin_lab,
    open_lab,
    save_lab,
)
from molvae.studies.lab.records import folder_of
from molvae.studies.lab.state import State, state_of
from molvae.studies.lab.tuning import update_model
from molvae.whole_files import write_whole


@dataclass(frozen=True, kw_only=True)
class LearnSettings:
    """What is learned, and what of it."""

    model: Path | None = field(
        default=None,
        metadata={"help": "the model that molecules come from: a folder, or one that comes with molvae"},
    )
    properties: tuple[str, ...] = field(
        default=(), metadata={"help": "a column that is measured; may be given again", "flag": "property"}
    )
    smiles_column: str | None = field(
        default=None, metadata={"help": "its column of SMILES; found by itself"}
    )
    update_head: bool = field(
        default=False, metadata={"help": "fit a head to all measurements, in a copy of the model"}
    )
    update_model: bool = field(
        default=False,
        metadata={"help": "fine-tune the model on all measurements, and suggest molecules from that one"},
    )
    seed: int = field(default=0, metadata={"help": "seed of all that is random"})

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise SettingsError(f'seed is "{self.seed}"; it must not be negative')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the project's folder, the file and the settings."""
    parser.add_argument("lab", type=Path, metavar="LAB", help="folder of the project")
    parser.add_argument(
        "file", type=Path, nargs="?", metavar="FILE", help=f"what was measured: {MOLECULES_HELP}"
    )
    add_flags(parser, LearnSettings)


def run(arguments: argparse.Namespace) -> None:
    """Takes in the file, and prints how the project stands."""
    settings: LearnSettings
    (settings,) = gather((LearnSettings,), arguments.table, vars(arguments), arguments.table_where)
    lab = _lab(arguments.lab, settings)
    if arguments.file is not None:
        print(_taken_in(take_in(lab, arguments.file, settings.smiles_column), lab, arguments.file))
    state = state_of(lab)
    content = history_table(state.history, lab.properties)
    write_whole({lab.folder / MEASURED: content}, remedy="no measurement is lost; free some space")
    _print_state(state, lab)
    if settings.update_model:
        lab, num = update_model(lab, state.history, settings.seed)
        print(f"model fine-tuned on {num:,} molecules, from which others are suggested now: {lab.model}")
    if settings.update_head:
        num = update_head(lab, load_model(lab.model), state.history, settings.seed)
        print(f"model with a head fitted to {num:,} molecules: {lab.folder / MODEL}")


def _lab(folder: Path, settings: LearnSettings) -> Lab:
    """The project, begun if it is not there yet."""
    if settings.model is not None:
        read_manifest(settings.model)  # that it is one is made sure before anything is written
    if not (folder / LAB_FILE).is_file():
        if settings.model is None:
            raise SettingsError(f'"{folder}" is no project yet: give --model and --property to begin it')
        return begin_lab(folder, settings.properties, settings.model)
    lab = open_lab(folder)
    if settings.properties and set(settings.properties) != set(lab.properties):
        raise SettingsError(
            f'"{folder}" measures {", ".join(lab.properties)}, not {", ".join(settings.properties)}; '
            "leave --property out, or begin another project"
        )
    if settings.model is None:
        return lab
    lab = Lab(folder=folder, properties=lab.properties, model=settings.model)
    save_lab(lab)
    return open_lab(folder)


def _taken_in(taken: Intake, lab: Lab, path: Path) -> str:
    """One line on what became of the file."""
    if taken.is_known:
        return f"{path} was read before, as round {taken.number}: nothing is added"
    if taken.number is None:
        return f"every measurement of {path} was read before: nothing is added"
    parts = [f"{taken.num_measured:,} measured"]
    if taken.num_empty:
        parts.append(f"{taken.num_empty:,} without a value")
    parts += [f'{count:,} "{reason}"' for reason, count in taken.refused.items()]
    ledger = f": see {folder_of(lab.folder / ROUNDS, taken.number) / LEDGER_FILE}" if taken.refused else ""
    return f"round {taken.number}: {taken.num_rows:,} rows of {path}, {', '.join(parts)}{ledger}"


def _print_state(state: State, lab: Lab) -> None:
    if not state.history.smiles:
        print(f"nothing is measured yet; molvae suggest {lab.folder} gives a first batch")
        return
    print(in_columns(state.rounds))
    if state.best is not None:
        print(f"best so far: {state.best[0]}")
    print("the judge on each value, without having seen it:")
    print(in_columns(state.judged.dropna(axis="columns", how="all")))
    is_blind = state.judged["RMSE"] >= state.judged["RMSE of the mean"]
    if is_blind.any():
        names = ", ".join(state.judged["property"][is_blind])
        print(f"of {names} it knows no more than the mean yet: batches explore, and predictions say little")
    if len(state.foreseen):
        print("what was predicted when they were suggested, against what was measured:")
        print(in_columns(state.foreseen.dropna(axis="columns", how="all")))
    if state.pending:
        print(f"{len(state.pending):,} suggested molecules are not measured yet")
    print(f"all measurements, a row a molecule: {lab.folder / MEASURED}")
