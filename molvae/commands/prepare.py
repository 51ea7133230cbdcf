"""Curate a table of SMILES: see what would be kept, what is dropped, and why, before training on it."""

import argparse
from dataclasses import dataclass, field
from pathlib import Path

from molvae.commands.curation_report import curation_report
from molvae.data.cache import cache_folder
from molvae.data.curation import CurationSettings, curate
from molvae.data.values import Kind
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
    regression: tuple[str, ...] = field(
        default=(),
        metadata={"help": "a property column of numbers, even if it holds only 0 and 1; may be given again"},
    )
    yes_no: tuple[str, ...] = field(
        default=(),
        metadata={"help": "a property column of yes and no, or 1 and 0; may be given again"},
    )
    num_workers: int | None = field(
        default=None, metadata={"help": "processes beside this one; one a core by itself, 0 for none"}
    )

    def __post_init__(self) -> None:
        if self.num_workers is not None and self.num_workers < 0:
            raise SettingsError(f'num_workers is "{self.num_workers}"; it must be 0 or more')
        for name in self.regression:
            if name in self.yes_no:
                raise SettingsError(f'"{name}" is in both regression and yes_no; leave it in one')

    @property
    def property_kinds(self) -> dict[str, Kind]:
        """The kinds of property columns that are declared, by name."""
        declared: tuple[tuple[Kind, tuple[str, ...]], ...] = (
            ("regression", self.regression),
            ("yes/no", self.yes_no),
        )
        return {name: kind for kind, names in declared for name in names}


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
