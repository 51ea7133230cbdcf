"""Reconstruct the molecules of a file: encode and decode each, and see whether it comes back."""

import argparse
from dataclasses import dataclass, field

import pandas as pd

from molvae.commands.encoding import encode_rows, known_line, refused_line
from molvae.commands.opening import add_model_and_file, open_model
from molvae.commands.tables import read_smiles, write_table


@dataclass(frozen=True, kw_only=True)
class FileSettings:
    """What is read of the file."""

    smiles_column: str | None = field(
        default=None, metadata={"help": "its column of SMILES; found by itself"}
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the model, the file, and where the table goes."""
    add_model_and_file(parser, FileSettings, out_required=False)


def run(arguments: argparse.Namespace) -> None:
    """Writes row, smiles, reconstruction and same, and prints the rate."""
    settings, model = open_model(arguments, FileSettings)
    molecules = read_smiles(arguments.file, settings.smiles_column)
    encoded = encode_rows(model, molecules, arguments.file, arguments.out)
    table = pd.DataFrame({"row": encoded.rows, "smiles": encoded.smiles})
    table["reconstruction"] = model.decode(encoded.means)
    table["same"] = table["smiles"] == table["reconstruction"]
    if arguments.out is not None:
        write_table(table, arguments.out)
    print(
        f"{table['same'].sum():,} of {len(table):,} molecules come back the same: {table['same'].mean():.3f}"
    )
    for line in filter(
        None, (known_line(model, encoded), refused_line(encoded.readable.refused, arguments.out))
    ):
        print(line)
    if arguments.out is not None:
        print(f"table: {arguments.out}")
