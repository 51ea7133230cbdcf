"""Curate a table of SMILES: see what would be kept, what is dropped, and why, before training on it."""

import argparse
from dataclasses import dataclass, field
from pathlib import Path

from molvae.data.cache import cache_folder
from molvae.data.curation import CurationSettings, curate
from molvae.errors import SettingsError
from molvae.settings import add_flags, gather


@dataclass(frozen=True, kw_only=True)
class TableSettings:
    """What is read of the table."""

    smiles_column: str | None = field(
        default=None, metadata={"help": "its column of SMILES; found by itself"}
    )
    properties: tuple[str, ...] = field(
        default=(), metadata={"help": "a column of measured values; may be given again", "flag": "property"}
    )
    num_workers: int | None = field(
        default=None, metadata={"help": "processes beside this one; one a core by itself, 0 for none"}
    )

    def __post_init__(self) -> None:
        if self.num_workers is not None and self.num_workers < 0:
            raise SettingsError(f'num_workers is "{self.num_workers}"; it must be 0 or more')


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
        num_workers=table.num_workers,
    )
    print(f'SMILES column "{curated.smiles_column}", {curated.summary_line()}')
    for reason, num_rows in curated.dropped.items():
        print(f"  {reason}: {num_rows}")
    print(f"ledger: {curated.ledger_path}")
