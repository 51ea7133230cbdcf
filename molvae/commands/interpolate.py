"""Walk from one molecule to another through the latent space, in a straight line."""

import argparse
from dataclasses import dataclass, field

from molvae.commands.opening import add_model, open_model
from molvae.commands.tables import add_out_flags, in_columns, write_table
from molvae.errors import SettingsError
from molvae.settings import add_flags


@dataclass(frozen=True, kw_only=True)
class WalkSettings:
    """How the walk is divided."""

    walk_steps: int = field(default=10, metadata={"help": "molecules, both ends included", "flag": "steps"})

    def __post_init__(self) -> None:
        if self.walk_steps < 2:
            raise SettingsError(f'walk_steps is "{self.walk_steps}"; two ends need at least 2')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the model and the two molecules."""
    add_model(parser)
    parser.add_argument("start", metavar="SMILES_A", help="the first molecule, in quotes")
    parser.add_argument("end", metavar="SMILES_B", help="the last molecule, in quotes")
    add_out_flags(parser)
    add_flags(parser, WalkSettings)


def run(arguments: argparse.Namespace) -> None:
    """Prints what is decoded at each step; the ends are what the model makes of the two molecules."""
    settings, model = open_model(arguments, WalkSettings)
    table = model.interpolate(arguments.start, arguments.end, settings.walk_steps)
    if arguments.out is not None:
        write_table(table, arguments.out)
    print(in_columns(table))
