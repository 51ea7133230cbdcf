"""Suggest molecules worth measuring next, as a table whose empty columns are to be filled in.

They come from moves of what was measured so far, and from fresh draws of the model. A Gaussian process on
everything measured says what to expect of each, and those are chosen together that should improve most on
the best so far. None was measured or suggested before. molvae learn reads the same table back.
"""

import argparse
from dataclasses import dataclass, field
from pathlib import Path

from molvae.commands.search_settings import check_aims, read_target
from molvae.commands.tables import TABLE_ENDINGS, add_out_flags, check_out, in_columns, write_table
from molvae.errors import SettingsError
from molvae.generation.model_folder import load_model
from molvae.optimization.desired_property import DesiredProperty
from molvae.optimization.goal import Goal, read_goal
from molvae.settings import add_flags, gather
from molvae.studies.lab.project import Lab, open_lab
from molvae.studies.lab.suggesting import Suggested, SuggestSettings, last_goal, suggest_batch

NUM_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class AimSettings:
    """What is wanted: one of these; by itself what the last batch was for."""

    maximize: str | None = field(default=None, metadata={"help": "a measured property to take up"})
    minimize: str | None = field(default=None, metadata={"help": "a measured property to take down"})
    target: str | None = field(default=None, metadata={"help": "a value to come close to, such as pIC50=6.5"})
    goal: Path | None = field(
        default=None, metadata={"help": "a TOML file, as optimize takes it: several properties, constraints"}
    )

    def __post_init__(self) -> None:
        check_aims(self.maximize, self.minimize, self.target, self.goal, least=0)

    def read(self, lab: Lab) -> Goal:
        """The goal.

        Raises:
            SettingsError: what is asked for makes no sense, or is not measured.
            MissingFileError: there is no goal file.
        """
        if self.goal is not None:
            return read_goal(self.goal)
        if self.target is not None:
            name, value = read_target(self.target)
            return Goal(properties=(_wanted(name, lab, target=value),))
        if self.maximize is not None:
            return Goal(properties=(_wanted(self.maximize, lab, maximize=True),))
        if self.minimize is not None:
            return Goal(properties=(_wanted(self.minimize, lab, minimize=True),))
        return last_goal(lab)


def _wanted(
    name: str, lab: Lab, *, maximize: bool = False, minimize: bool = False, target: float | None = None
) -> DesiredProperty:
    if name.strip() not in lab.properties:
        raise SettingsError(
            f'"{name}" is not measured in "{lab.folder}", where {", ".join(lab.properties)} is; what RDKit '
            "computes goes into a goal file, beside what is measured"
        )
    return DesiredProperty(
        name=name.strip(), source="predicted", maximize=maximize, minimize=minimize, target=target
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the project's folder, the table and the settings."""
    parser.add_argument("lab", type=Path, metavar="LAB", help="folder of the project, that learn began")
    parser.add_argument(
        "-n", dest="num_molecules", type=int, default=argparse.SUPPRESS, metavar="N", help=argparse.SUPPRESS
    )
    add_out_flags(parser, TABLE_ENDINGS, required=True)
    for cls in (AimSettings, SuggestSettings):
        add_flags(parser, cls)


def run(arguments: argparse.Namespace) -> None:
    """Chooses a batch, writes it, and prints its beginning."""
    aim: AimSettings
    settings: SuggestSettings
    aim, settings = gather(
        (AimSettings, SuggestSettings), arguments.table, vars(arguments), arguments.table_where
    )
    check_out(arguments.out, arguments.overwrite, TABLE_ENDINGS)
    lab = open_lab(arguments.lab)
    goal = aim.read(lab)
    found = suggest_batch(lab, load_model(lab.model), goal, settings, arguments.out)
    write_table(found.table, arguments.out)
    print(_headline(found, settings))
    hidden = ["nearest_measured", "parent", *lab.properties]
    print(in_columns(found.table.drop(columns=hidden).dropna(axis="columns", how="all").head(NUM_SHOWN)))
    print(f"batch: {arguments.out}, to be filled in: {', '.join(lab.properties)}")


def _headline(found: Suggested, settings: SuggestSettings) -> str:
    """What the batch is, and how it came about."""
    num = len(found.table)
    if found.was_made_before:
        return f"batch {found.number} was made before and not written: here are its {num:,} molecules"
    broken = f", {found.num_broken:,} more broke a constraint" if found.num_broken else ""
    pending = f"; {found.num_pending:,} of earlier batches are not measured yet" if found.num_pending else ""
    line = f"batch {found.number}: {num:,} of {found.num_candidates:,} candidates{broken}{pending}"
    if num < settings.num_molecules:
        more = f"--candidates {2 * settings.candidates}, or " if settings.can_grow else ""
        line += f"\n{settings.num_molecules:,} were asked for, but no more differ enough: give {more}"
        line += "a higher --max-similarity"
    return line
