"""Find molecules near one: distinct ones decoded from around its latents, the most alike first.

With --similarity they are as alike as asked for, within .1, and not as alike as can be. Likeness is the
Tanimoto similarity of ECFP4 fingerprints with 2,048 bits.
"""

import argparse
from dataclasses import dataclass, field

from molvae.commands.opening import add_model, open_model
from molvae.commands.tables import add_out_flags, in_columns, write_table
from molvae.errors import SettingsError
from molvae.settings import add_flags


@dataclass(frozen=True, kw_only=True)
class NeighborSettings:
    """What is looked for."""

    num_neighbors: int = field(default=10, metadata={"help": "molecules wanted; -n is the same"})
    similarity: float | None = field(
        default=None,
        metadata={"help": "Tanimoto similarity wanted, such as 0.6; as alike as can be found by itself"},
    )
    seed: int = field(default=0, metadata={"help": "seed of the noise around the molecule"})

    def __post_init__(self) -> None:
        if self.num_neighbors < 1:
            raise SettingsError(f'num_neighbors is "{self.num_neighbors}"; ask for at least 1')
        if self.similarity is not None and not 0 < self.similarity < 1:
            raise SettingsError(f'similarity is "{self.similarity}"; it must be between 0 and 1')
        if self.seed < 0:
            raise SettingsError(f'seed is "{self.seed}"; it must not be negative')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the model and the molecule."""
    add_model(parser)
    parser.add_argument("smiles", metavar="SMILES", help="the molecule, in quotes")
    parser.add_argument(
        "-n", type=int, dest="num_neighbors", default=argparse.SUPPRESS, help=argparse.SUPPRESS
    )
    add_out_flags(parser)
    add_flags(parser, NeighborSettings)


def run(arguments: argparse.Namespace) -> None:
    """Prints the neighbors with their similarity, and how much noise found them."""
    settings, model = open_model(arguments, NeighborSettings)
    table = model.neighbors(
        arguments.smiles, settings.num_neighbors, similarity=settings.similarity, seed=settings.seed
    )
    if arguments.out is not None:
        write_table(table, arguments.out)
    print(in_columns(table[["tanimoto", "noise", "smiles"]]))
    if settings.similarity is not None and len(table) > 0:
        mean, spread = table["tanimoto"].mean(), table["tanimoto"].std(ddof=0)
        print(f"similarity asked for {settings.similarity:.2f}: found {mean:.2f}, spread {spread:.2f}")
