"""A table of SMILES in, a CSV of its columns and the computed properties out, streamed on all cores."""

import csv
import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import isnan
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from molvae.chem.properties import property_name
from molvae.data.bulk import MIN_FOR_WORKERS, each_chunk
from molvae.data.reading import Table, open_table
from molvae.errors import InputError, MissingFileError, MolvaeError, OutputExistsError, SettingsError
from molvae.progress import Progress


@dataclass(frozen=True, kw_only=True)
class PropertyTableSettings:
    """Which properties of which rows are computed.

    Raises:
        SettingsError: there is no property of a name, one is named twice, or a number is out of range.
    """

    property_names: tuple[str, ...] = field(
        metadata={"help": "a property to compute, such as logP; may be given again", "flag": "property"}
    )
    num_rows: int | None = field(
        default=None,
        metadata={"help": "compute so many rows, drawn at random; others stay empty", "flag": "rows"},
    )
    seed: int = field(default=0, metadata={"help": "draws the rows"})
    smiles_column: str | None = field(
        default=None, metadata={"help": "its column of SMILES; found by itself"}
    )
    num_workers: int | None = field(
        default=None, metadata={"help": "processes beside this one; one a core by itself, 0 for none"}
    )

    def __post_init__(self) -> None:
        names = tuple(property_name(name) for name in self.property_names)
        object.__setattr__(self, "property_names", names)
        if not names:
            raise SettingsError("property_names is empty: name at least one property")
        if len(set(names)) < len(names):
            raise SettingsError(f'property_names holds one twice: "{", ".join(names)}"')
        if self.num_rows is not None and self.num_rows < 1:
            raise SettingsError(f'num_rows is "{self.num_rows}"; it must be 1 or more')
        if self.seed < 0:
            raise SettingsError(f'seed is "{self.seed}"; it must be 0 or more')
        if self.num_workers is not None and self.num_workers < 0:
            raise SettingsError(f'num_workers is "{self.num_workers}"; it must be 0 or more')


class PropertyCounts(NamedTuple):
    """How many rows the table has, how many were to be computed, and how many of those could not be."""

    num_rows: int
    num_chosen: int
    num_without_value: int


class _Work(NamedTuple):
    """A chunk of rows: the cells of all columns, which rows are computed, and the SMILES in those."""

    cells: Sequence[list[str]]
    is_chosen: list[bool]
    smiles: list[str]


def write_property_table(
    path: Path, out: Path, settings: PropertyTableSettings, *, overwrite: bool = False
) -> PropertyCounts:
    """Writes the CSV, in one step when it is complete: every row's cells as they are, then the properties.

    A value has 6 digits, and is empty where the row was not chosen or its SMILES can't be parsed. A word
    behind a SMILES is taken for a name.

    Raises:
        MissingFileError: there is no such file, or no folder for the new one.
        OutputExistsError: `out` is there already, and `overwrite` is not set.
        InputError: the table can't be read or has a column of a property's name, or `out` is the same file.
    """
    _check_place(path, out, overwrite)
    table = open_table(path, settings.smiles_column)
    for name in settings.property_names:
        if name in table.columns:
            raise InputError(f'"{path}" has a column "{name}"; rename it there, or don\'t compute {name}')
    num_rows = sum(len(chunk.rows) for chunk in table.chunks())
    is_chosen = _choose(num_rows, settings)
    partial = out.with_name(f".{out.name}.partial")
    try:
        num_without_value = _write(partial, table, is_chosen, settings)
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)
    return PropertyCounts(num_rows, int(is_chosen.sum()), num_without_value)


def _check_place(path: Path, out: Path, overwrite: bool) -> None:
    if out.exists() and path.exists() and out.samefile(path):
        raise InputError(f'"{out}" is the table itself; give another file for the properties')
    if out.is_dir():
        raise OutputExistsError(f'"{out}" is a folder; give a file for the properties')
    if out.exists() and not overwrite:
        raise OutputExistsError(f'"{out}" exists; give another file, or --overwrite')
    if not out.parent.is_dir():
        raise MissingFileError(f'the folder "{out.parent}" is not there; make it first')


def _choose(num_rows: int, settings: PropertyTableSettings) -> npt.NDArray[np.bool_]:
    """Which rows are computed, `(N,)`: all, or as many as are asked for, drawn without replacement."""
    if settings.num_rows is None or settings.num_rows >= num_rows:
        return np.ones(num_rows, dtype=bool)
    is_chosen = np.zeros(num_rows, dtype=bool)
    is_chosen[np.random.default_rng(settings.seed).choice(num_rows, settings.num_rows, replace=False)] = True
    return is_chosen


def _write(
    path: Path, table: Table, is_chosen: npt.NDArray[np.bool_], settings: PropertyTableSettings
) -> int:
    """Writes the rows; returns how many of the chosen ones have no value."""
    names = settings.property_names
    num_workers = 0 if is_chosen.sum() < MIN_FOR_WORKERS else settings.num_workers
    num_without_value = 0
    with (
        path.open("w", encoding="utf-8", newline="") as file,
        Progress(len(is_chosen), "computing properties") as bar,
    ):
        writer = csv.writer(file, lineterminator="\n")
        smiles_name = table.smiles_column if table.has_header else "smiles"
        writer.writerow(
            [*(smiles_name if name == table.smiles_column else name for name in table.columns), *names]
        )
        work = _work(table, is_chosen)
        for chunk, rows in each_chunk("properties", work, names, num_workers=num_workers):
            values = iter(rows)
            for cells, chosen in zip(chunk.cells, chunk.is_chosen, strict=True):
                shown = _shown(next(values)) if chosen else [""] * len(names)
                writer.writerow([*cells, *shown])
                num_without_value += chosen and not any(shown)
            bar.update(len(chunk.cells))
    return num_without_value


def _work(table: Table, is_chosen: npt.NDArray[np.bool_]) -> Iterator[_Work]:
    num_read = 0
    for chunk in dataclasses.replace(table, carried_columns=table.columns).chunks():
        num_read += len(chunk.rows)
        chosen = is_chosen[chunk.rows.start - 1 : chunk.rows.stop - 1].tolist()
        if num_read > len(is_chosen):
            break
        words = [cell.split(None, 1) for cell, is_one in zip(chunk.smiles, chosen, strict=True) if is_one]
        yield _Work(chunk.carried, chosen, [word[0] if word else "" for word in words])
    if num_read != len(is_chosen):
        raise MolvaeError(f'"{table.source.path}" changed while it was read; run again')


def _shown(values: Sequence[float]) -> list[str]:
    return ["" if isnan(value) else f"{value:.6g}" for value in values]
