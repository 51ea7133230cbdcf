"""A file that the laboratory sends in, a round of measurements out; each row counts, or is said why not.

A row is a measurement if its molecule can be read and it has a value of at least one property. One without
any is not measured yet, and one that says of a molecule just what an earlier round did was read before, as
in a file that grows.
"""

import dataclasses
import hashlib
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, cast

from molvae.chem.molecules import quotable
from molvae.data.ledger import Ledger, Reason
from molvae.data.reading import Table, matching_column, open_table
from molvae.data.screening import CurationSettings, Screened, screen_texts
from molvae.data.values import UnreadableValueError, read_bounds
from molvae.errors import InputError
from molvae.studies.lab.project import LEDGER_FILE, MEASUREMENTS_FILE, ROUNDS, ROW_COLUMNS, Lab
from molvae.studies.lab.records import Entry, add_entry, table_bytes

#: What a round's record says of its file, in the order of `Intake`.
COUNTS = ("rows", "measured", "without_value", "refused")


class Intake(NamedTuple):
    """What became of a file.

    Attributes:
        number: of the round that it became, or was before; None if it holds nothing new.
        is_known: whether the very file was read before.
        num_rows: its rows.
        num_measured: those that count.
        num_empty: those without a value.
        refused: lines of the ledger, by reason; "property" may be one of a row that counts for another value.
    """

    number: int | None
    is_known: bool
    num_rows: int
    num_measured: int
    num_empty: int
    refused: dict[str, int]


class _Line(NamedTuple):
    """A line of the ledger."""

    row: int
    smiles: str
    reason: Reason
    detail: str


class _Read(NamedTuple):
    """The rows of a file: measurements, how many are empty, and the ledger."""

    measured: list[tuple[int, str, tuple[str, ...]]]
    num_rows: int
    num_empty: int
    ledger: list[_Line]


def take_in(lab: Lab, path: Path, smiles_column: str | None = None) -> Intake:
    """Adds a file as a round, unless it is known; nothing is added if it fails.

    Raises:
        MissingFileError: there is no such file.
        InputError: it can't be read, lacks every property, or has no row that can be used.
    """
    rounds = lab.rounds()
    table = open_table(path, smiles_column)
    given = path.read_bytes()
    sha256 = hashlib.sha256(given).hexdigest()
    for entry in rounds:
        if entry.record["sha256"] == sha256:
            return Intake(entry.number, True, *(entry.record[name] for name in COUNTS))
    read = _read(_with_properties(table, lab.properties), lab.properties, rounds)
    refused = dict(Counter(str(line.reason) for line in read.ledger))
    counts = (read.num_rows, len(read.measured), read.num_empty, refused)
    if not read.measured:
        if refused.get("duplicate"):
            return Intake(None, False, *counts)
        raise _nothing_error(path, lab.properties, read)
    number = 1 + max((entry.number for entry in rounds), default=0)
    record = {"file": path.name, "sha256": sha256, **dict(zip(COUNTS, counts, strict=True))}
    content = table_bytes(
        [*ROW_COLUMNS, *lab.properties], [(row, smiles, *cells) for row, smiles, cells in read.measured]
    )
    more = {LEDGER_FILE: _ledger_bytes(read.ledger), f"given{''.join(path.suffixes[-2:])}": given}
    add_entry(lab.folder / ROUNDS, number, MEASUREMENTS_FILE, content, record, **more)
    return Intake(number, False, *counts)


def as_read_back(texts: Sequence[str]) -> list[Screened]:
    """What becomes of each text that is to be a molecule; what is suggested has to stay as it is."""
    return screen_texts(texts, CurationSettings())


def _with_properties(table: Table, properties: Sequence[str]) -> Table:
    """The table with those of the properties that it has."""
    others = [name for name in table.columns if name != table.smiles_column]
    folded = {name.lower() for name in others}
    there = [name for name in properties if name in others or name.strip().lower() in folded]
    lacking = f'"{table.source.path}" has no column'
    columns = tuple(matching_column(name, others, lacking) for name in there or properties[:1])
    return dataclasses.replace(table, property_columns=columns)


def _read(table: Table, properties: Sequence[str], rounds: Sequence[Entry]) -> _Read:
    """Goes through the rows."""
    known = {
        (row["smiles"], tuple(map(row.__getitem__, properties))): f"row {row['row']} of round {entry.number}"
        for entry in rounds
        for row in entry.rows
    }
    read = _Read([], 0, 0, [])
    num_rows = num_empty = 0
    lowered = [name.lower() for name in table.property_columns]
    places = [lowered.index(name.lower()) if name.lower() in lowered else None for name in properties]
    for chunk in table.chunks():
        num_rows += len(chunk.rows)
        screened = as_read_back(chunk.smiles)
        cells_of_rows = zip(chunk.rows, chunk.smiles, screened, chunk.properties, strict=True)
        for row, text, found, values in cells_of_rows:
            given = ["" if place is None else values[place].strip() for place in places]
            cells, lines = _cells(row, text, properties, given)
            if found.reason:
                read.ledger.append(_refused(row, text, found))
                continue
            read.ledger.extend(lines)
            if not any(cells):
                num_empty += not lines
            elif earlier := known.get((found.smiles, cells)):
                read.ledger.append(_Line(row, text, "duplicate", earlier))
            else:
                read.measured.append((row, found.smiles, cells))
    return read._replace(num_rows=num_rows, num_empty=num_empty)


def _refused(row: int, text: str, found: Screened) -> _Line:
    return _Line(row, text, cast("Reason", found.reason), found.detail)


def _cells(
    row: int, text: str, properties: Sequence[str], given: Sequence[str]
) -> tuple[tuple[str, ...], list[_Line]]:
    """The cells that say something, "" for the others, and ledger lines of those that can't be read."""
    cells, lines = [], []
    for name, cell in zip(properties, given, strict=True):
        try:
            cells.append("" if read_bounds(cell).is_missing else cell)
        except UnreadableValueError as error:
            cells.append("")
            lines.append(_Line(row, text, "property", f"{name}: {error}"))
    return tuple(cells), lines


def _ledger_bytes(lines: Sequence[_Line]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / LEDGER_FILE
        with Ledger(path) as ledger:
            for line in lines:
                ledger.add(*line)
        return path.read_bytes()


def _nothing_error(path: Path, properties: Sequence[str], read: _Read) -> InputError:
    names = " or ".join(properties)
    why = f"{read.num_empty} of {read.num_rows} rows are empty there"
    if read.ledger:
        first = read.ledger[0]
        why += f'; row {first.row}, "{quotable(first.smiles, 50)}": {first.reason} {first.detail}'.rstrip()
    return InputError(f'no row of "{path}" has a molecule and a value of {names}: {why}; nothing was added')
