"""Curate a table of SMILES: see what would be kept, what is dropped, and why, before training on it."""

import argparse
from pathlib import Path

from molvae.commands.curation_report import curation_report
from molvae.data.cache import cache_folder
from molvae.data.curation import CurationSettings, curate
from molvae.data.table_settings import TableSettings
from molvae.settings import add_flags, gather


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the file and the settings of reading and curation."""
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV, TSV, .smi (gzipped or not) or Parquet")
    add_flags(parser, TableSettings)
    add_flags(parser, CurationSettings)


def run(arguments: argparse.Namespace) -> None:
    """Curates the file into the cache, where training finds it again, and prints the summary."""
    table: TableSettings
    curation: CurationSettings
    table, curation = gather(
        (TableSettings, CurationSettings), arguments.table, vars(arguments), arguments.table_where
    )
    curated = curate(
        arguments.file,
        cache_folder(),
        curation,
        smiles_column=table.smiles_column,
        property_columns=table.properties,
        property_kinds=table.property_kinds,
        num_workers=table.num_workers,
    )
    print("\n".join(curation_report(curated.summary())))
    print(f"ledger: {curated.ledger_path}")
