"""Tables of molecules on disk and in the terminal: SMILES in with their row numbers, results out.

The ending of a path says what is written: `WRITERS` has one function an ending. An existing file is never
replaced without being told, and a file appears complete or not at all.
"""

import argparse
import dataclasses
import logging
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from rdkit import Chem
from rdkit.Chem import rdDepictor

from molvae.chem.molecules import parse_smiles
from molvae.data.reading import open_table
from molvae.errors import InputError, MoleculeError, OutputExistsError
from molvae.studies.molecule_tables import FLOAT_FORMAT

logger = logging.getLogger(__name__)


class SmilesRows(NamedTuple):
    """The molecules of a file, `N` of them.

    Attributes:
        rows: row numbers; the first row below the header is 1.
        smiles: the cells as they are.
        columns: names of all columns of the file, in its order.
        cells: the other columns that were read, by name and in that order, `N` cells each.
    """

    rows: list[int]
    smiles: list[str]
    columns: tuple[str, ...]
    cells: dict[str, list[str]]


def read_smiles(
    path: Path, smiles_column: str | None = None, measured: Collection[str] | None = None
) -> SmilesRows:
    """The SMILES of a table, and where `measured` is given its other columns too.

    Args:
        path: the file.
        smiles_column: the name of its SMILES column, where it is known better.
        measured: columns to read as values of properties, with decimal commas as points where that is the
            file's custom; the cells of all others are carried as they are.

    Raises:
        MissingFileError: there is no such file.
        InputError: the file can't be read, has no rows, or no SMILES column.
    """
    table = open_table(path, smiles_column)
    others = [name for name in table.columns if name != table.smiles_column] if measured is not None else []
    values = tuple(name for name in others if name in (measured or ()))
    carried = tuple(name for name in others if name not in values)
    table = dataclasses.replace(table, property_columns=values, carried_columns=carried)
    found = SmilesRows([], [], table.columns, {name: [] for name in others})
    for chunk in table.chunks():
        found.rows.extend(chunk.rows)
        found.smiles.extend(chunk.smiles)
        for names, rows in ((values, chunk.properties), (carried, chunk.carried)):
            for name, cells in zip(names, zip(*rows, strict=True), strict=False):
                found.cells[name].extend(cells)
    return found


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False, float_format=FLOAT_FORMAT)


def _write_tsv(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False, sep="\t", float_format=FLOAT_FORMAT)


def _write_parquet(table: pd.DataFrame, path: Path) -> None:
    table.to_parquet(path, index=False)


def _write_smi(table: pd.DataFrame, path: Path) -> None:
    """One SMILES a line; a row without a molecule is left out, and so are the other columns."""
    path.write_text("".join(f"{text}\n" for text in _with_molecule(table)["smiles"]), encoding="utf-8")


def _write_sdf(table: pd.DataFrame, path: Path) -> None:
    """Molecules drawn in the plane, with the columns as their data; a row without a molecule is left out."""
    with Chem.SDWriter(str(path)) as writer:
        for record in _with_molecule(table).to_dict("records"):
            mol = parse_smiles(record["smiles"])
            rdDepictor.Compute2DCoords(mol)
            for name, value in record.items():
                mol.SetProp(str(name), "" if pd.isna(value) else str(value))
            writer.write(mol)


def _with_molecule(table: pd.DataFrame) -> pd.DataFrame:
    there = table["smiles"].map(_is_molecule)
    if not there.all():
        logger.warning("%d rows without a molecule are left out of the file", (~there).sum())
    return table[there]


def _is_molecule(text: str) -> bool:
    try:
        parse_smiles(text)
    except MoleculeError:
        return False
    return True


WRITERS: dict[str, Callable[[pd.DataFrame, Path], None]] = {
    ".csv": _write_csv,
    ".tsv": _write_tsv,
    ".smi": _write_smi,
    ".sdf": _write_sdf,
    ".parquet": _write_parquet,
}
TABLE_ENDINGS = (".csv", ".tsv", ".parquet")
"""Endings for tables that are about more than molecules."""


def add_out_flags(
    parser: argparse.ArgumentParser, endings: Sequence[str] = tuple(WRITERS), *, required: bool = False
) -> None:
    """Adds `--out FILE` and `--overwrite`."""
    words = f"file for the result; it ends in {', '.join(endings)}"
    parser.add_argument("--out", type=Path, required=required, metavar="FILE", help=words)
    parser.add_argument("--overwrite", action="store_true", help="replace FILE if it is there")


def check_out(path: Path | None, overwrite: bool, endings: Sequence[str] = tuple(WRITERS)) -> None:
    """Makes sure, before any work is done, that the result can go where it should.

    Raises:
        InputError: the ending says nothing, or there is no such folder.
        OutputExistsError: the file is there, and `overwrite` is off; or it is a folder.
    """
    if path is None:
        return
    if path.suffix.lower() not in endings:
        raise InputError(f'"{path}" has an unknown ending "{path.suffix}"; use one of {", ".join(endings)}')
    if path.is_dir():
        raise OutputExistsError(f'"{path}" is a folder; give a file')
    if path.exists() and not overwrite:
        raise OutputExistsError(f'"{path}" exists; give another file, or --overwrite')
    if not path.parent.is_dir():
        raise InputError(f'there is no folder "{path.parent}" for "{path.name}"; make it first')


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Writes a table that `check_out` has found a place for."""
    with_same_ending = path.with_name(f".partial-{path.name}")
    try:
        WRITERS[path.suffix.lower()](table, with_same_ending)
        with_same_ending.replace(path)
    finally:
        with_same_ending.unlink(missing_ok=True)


def in_columns(table: pd.DataFrame, decimals: int = 3) -> str:
    """A table for the terminal: names above, numbers to the right, text to the left, nothing shortened."""
    columns = []
    for name in table.columns:
        is_number = pd.api.types.is_numeric_dtype(table[name]) and not pd.api.types.is_bool_dtype(table[name])
        cells = [str(name), *(_shown(value, decimals) for value in table[name])]
        width = max(map(len, cells))
        columns.append([cell.rjust(width) if is_number else cell.ljust(width) for cell in cells])
    return "\n".join("  ".join(line).rstrip() for line in zip(*columns, strict=True))


def _shown(value: object, decimals: int) -> str:
    if isinstance(value, float):
        return "-" if pd.isna(value) else f"{value:.{decimals}f}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
