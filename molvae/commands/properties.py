"""Compute properties of the molecules of a table, and write them behind the columns that it has.

The values are estimates from the structure alone, made by RDKit: see `molvae.chem.properties`.
"""

import argparse
from pathlib import Path

from molvae.data.property_table import PropertyTableSettings, write_property_table
from molvae.settings import add_flags, gather


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the two files and the settings."""
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV, TSV, .smi (gzipped or not) or Parquet")
    parser.add_argument("--out", type=Path, required=True, metavar="OUT.csv", help="the CSV to write")
    parser.add_argument("--overwrite", action="store_true", help="replace OUT.csv")
    add_flags(parser, PropertyTableSettings)


def run(arguments: argparse.Namespace) -> None:
    """Writes the table, and prints how many of its rows have values."""
    settings: PropertyTableSettings
    (settings,) = gather((PropertyTableSettings,), arguments.table, vars(arguments), arguments.table_where)
    counts = write_property_table(arguments.file, arguments.out, settings, overwrite=arguments.overwrite)
    num_computed = counts.num_chosen - counts.num_without_value
    print(f"{counts.num_rows} rows: {num_computed} with values, {counts.num_without_value} can't be computed")
    print(f"properties: {arguments.out}")
