"""Find molecules near one: distinct ones decoded from around its latents, the most alike first."""

import argparse
from dataclasses import dataclass, field
from pathlib import Path

from molvae.commands.opening import open_model
from molvae.commands.tables import add_out_flags, in_columns, write_table
from molvae.errors import SettingsError
from molvae.settings import add_flags


@dataclass(frozen=True, kw_only=True)
class NeighborSettings:
    """What is looked for."""

    num_neighbors: int = field(default=10, metadata={"help": "molecules wanted; -n is the same"})
    seed: int = field(default=0, metadata={"help": "seed of the noise around the molecule"})

    def __post_init__(self) -> None:
        if self.num_neighbors < 1:
            raise SettingsError(f'num_neighbors is "{self.num_neighbors}"; ask for at least 1')
        if self.seed < 0:
            raise SettingsError(f'seed is "{self.seed}"; it must not be negative')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the model and the molecule."""
    parser.add_argument("model", type=Path, metavar="DIR", help="model folder that train wrote")
    parser.add_argument("smiles", metavar="SMILES", help="the molecule, in quotes")
    parser.add_argument(
        "-n", type=int, dest="num_neighbors", default=argparse.SUPPRESS, help=argparse.SUPPRESS
    )
    add_out_flags(parser)
    add_flags(parser, NeighborSettings)


def run(arguments: argparse.Namespace) -> None:
    """Prints the neighbors with their Tanimoto similarity (ECFP4) and how far out they were found."""
    settings, model = open_model(arguments, NeighborSettings)
    table = model.neighbors(arguments.smiles, settings.num_neighbors, seed=settings.seed)
    if arguments.out is not None:
        write_table(table, arguments.out)
    print(in_columns(table[["tanimoto", "radius", "smiles"]]))
