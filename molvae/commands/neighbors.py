"""Find molecules near one, or near each of a file: distinct ones decoded from around its latents.

Or from its own latents, with one token written otherwise (noise 0). They are as alike as can be found, or as
alike as --similarity asks for, within .1; the most alike come first. Likeness is the Tanimoto similarity of
ECFP4 fingerprints with 2,048 bits. Of a file the table has the columns query_row, query, smiles, tanimoto
and noise; a molecule without neighbors has a row without one, and rows that the model can't read are listed
beside it, in OUT.ledger.csv.
"""

import argparse
import contextlib
import re
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from molvae.chem.molecules import parse_smiles, quotable
from molvae.commands.encoding import encode_rows, refused_line
from molvae.commands.opening import MOLECULES_HELP, add_model, open_model
from molvae.commands.tables import add_out_flags, in_columns, read_smiles, write_table
from molvae.errors import MissingFileError, MoleculeError, SettingsError
from molvae.generation.exploration import TOLERANCE, Around, neighbors_around
from molvae.generation.latent_model import MoleculeModel
from molvae.settings import add_flags

#: A text that ends like this was meant as the name of a file, if it is no SMILES.
LIKE_A_PATH = re.compile(r"\.[A-Za-z]\w{1,7}$")


@dataclass(frozen=True, kw_only=True)
class NeighborSettings:
    """What is looked for."""

    smiles_column: str | None = field(
        default=None, metadata={"help": "column of SMILES of a FILE; found by itself"}
    )
    num_neighbors: int = field(default=10, metadata={"help": "molecules wanted around each; -n is the same"})
    similarity: float | None = field(
        default=None,
        metadata={"help": "Tanimoto similarity wanted, such as 0.6; as alike as can be found by itself"},
    )
    seed: int = field(default=0, metadata={"help": "seed of the noise around the molecules"})

    def __post_init__(self) -> None:
        if self.num_neighbors < 1:
            raise SettingsError(f'num_neighbors is "{self.num_neighbors}"; ask for at least 1')
        if self.similarity is not None and not 0 < self.similarity < 1:
            raise SettingsError(f'similarity is "{self.similarity}"; it must be between 0 and 1')
        if self.seed < 0:
            raise SettingsError(f'seed is "{self.seed}"; it must not be negative')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the model, and the molecule or the file."""
    add_model(parser)
    parser.add_argument("query", metavar="SMILES|FILE", help=f"a molecule, in quotes; or {MOLECULES_HELP}")
    parser.add_argument(
        "-n", type=int, dest="num_neighbors", default=argparse.SUPPRESS, help=argparse.SUPPRESS
    )
    add_out_flags(parser)
    add_flags(parser, NeighborSettings)


def run(arguments: argparse.Namespace) -> None:
    """Prints the neighbors, their similarity and the noise that found them; of a file what they are like."""
    settings, model = open_model(arguments, NeighborSettings)
    path = _file_named(arguments.query)
    if path is not None:
        _run_on_file(model, settings, path, arguments.out)
        return
    table = model.neighbors(
        arguments.query, settings.num_neighbors, similarity=settings.similarity, seed=settings.seed
    )
    if arguments.out is not None:
        write_table(table, arguments.out)
    print(in_columns(table[["tanimoto", "noise", "smiles"]]))
    if settings.similarity is not None and len(table) > 0:
        print(_likeness_line(table["tanimoto"], table["tanimoto"].mean(), settings.similarity))


def _file_named(text: str) -> Path | None:
    """The file that a text names; None for one that is meant as SMILES.

    Raises:
        MissingFileError: it ends like a file's name, is none, and no SMILES either.
    """
    with contextlib.suppress(OSError):  # a long SMILES is too long for the name of a file
        if Path(text).is_file():
            return Path(text)
    if LIKE_A_PATH.search(text):
        try:
            parse_smiles(text)
        except MoleculeError as error:
            raise MissingFileError(
                f'there is no file "{quotable(text)}", and it is no SMILES either'
            ) from error
    return None


def _run_on_file(model: MoleculeModel, settings: NeighborSettings, path: Path, out: Path | None) -> None:
    molecules = read_smiles(path, settings.smiles_column)
    encoded = encode_rows(model, molecules, path, out)
    around = Around(encoded.smiles, encoded.means, encoded.readable.arrays.lengths)
    table = neighbors_around(model, around, settings.num_neighbors, settings.seed, settings.similarity)
    table.insert(0, "query_row", [encoded.rows[place] for place in table.pop("place")])
    if out is None:
        print(in_columns(table[["query_row", "query", "tanimoto", "noise", "smiles"]]))
    else:
        write_table(table, out)
    by_query = table.groupby("query_row")["tanimoto"]
    num_found, means = by_query.count(), by_query.mean()
    print(
        f"{num_found.sum():,} neighbors of {len(encoded.rows):,} of {len(molecules.rows):,} rows, "
        f"{settings.num_neighbors} of each wanted"
    )
    if num_few := int((num_found < settings.num_neighbors).sum()):
        print(f"{num_few:,} rows have fewer, {(num_found == 0).sum():,} of them none")
    if num_found.sum() > 0:
        print(_likeness_line(table["tanimoto"], means.mean(), settings.similarity))
    if settings.similarity is not None:
        num_near = int(((means - settings.similarity).abs() <= TOLERANCE).sum())
        print(f"{num_near:,} rows have a mean within {TOLERANCE:.1f} of it")
    if line := refused_line(encoded.readable.refused, out):
        print(line)
    if out is not None:
        print(f"neighbors: {out}")


def _likeness_line(likeness: "pd.Series[float]", mean: float, similarity: float | None) -> str:
    """One line on how alike neighbors are: the mean, how far it is from what was asked for, the spread."""
    spread = f"spread {likeness.std(ddof=0):.2f}"
    if similarity is None:
        return f"similarity: mean {mean:.2f}, {spread}"
    return f"similarity asked for {similarity:.2f}: found {mean:.2f} ({mean - similarity:+.2f}), {spread}"
