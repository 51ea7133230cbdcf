"""Numbered folders, each written once, whole or not at all: the rounds and the batches of a project.

A folder holds a table, a record in JSON that says what the table is and its checksum, and perhaps more. It
gets its name when it is complete, so a process that is killed leaves all of it or nothing.
"""

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from molvae.data.cache import fill_folder
from molvae.errors import InputError
from molvae.whole_files import write_whole

RECORD = "record.json"


class Entry(NamedTuple):
    """One of the folders.

    Attributes:
        number: 1 for the first.
        record: what was written of it.
        rows: its table, a cell by column name.
    """

    number: int
    record: dict[str, Any]
    rows: list[dict[str, str]]


def table_bytes(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    """A table as the content of a CSV file."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return buffer.getvalue().encode()


def numbered_folders(parent: Path) -> dict[int, Path]:
    """The folders in `parent` by their numbers, in order; it need not be there."""
    folders = [path for path in parent.glob("*") if path.name.isdecimal()] if parent.is_dir() else []
    return {int(path.name): path for path in sorted(folders, key=lambda path: int(path.name))}


def folder_of(parent: Path, number: int) -> Path:
    """Where the folder of a number is."""
    return parent / f"{number:03d}"


def read_entries(parent: Path, table: str) -> list[Entry]:
    """All folders in `parent`, in order; what is not complete is none.

    Args:
        parent: holds the folders; need not be there.
        table: the name of the table in each.

    Raises:
        InputError: a folder is damaged.
    """
    return [_read_entry(folder, table) for folder in numbered_folders(parent).values()]


def _read_entry(folder: Path, table: str) -> Entry:
    remedy = "bring the folder back from a copy, or delete it to take back what it holds"
    try:
        record: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        content = (folder / table).read_bytes()
        written = record["checksum"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f'"{folder}" is damaged: {remedy}') from error
    if hashlib.sha256(content).hexdigest() != written:
        raise InputError(f'"{folder / table}" was cut or edited after it was written: {remedy}')
    rows = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
    return Entry(int(folder.name), record, rows)


def add_entry(
    parent: Path, number: int, table: str, content: bytes, record: Mapping[str, Any], **more: bytes
) -> None:
    """Writes the folder of a number that is free.

    Args:
        parent: holds the folders.
        number: of the new one.
        table: the name of its table.
        content: the table.
        record: what to say of it.
        more: further files, by name.

    Raises:
        InputError: another process took the number meanwhile.
        CheckpointError: it can't be written.
    """
    whole = {**record, "checksum": hashlib.sha256(content).hexdigest()}
    last = (json.dumps(whole, indent=2) + "\n").encode()
    folder = folder_of(parent, number)
    files = {**more, table: content, RECORD: last}

    def fill(part: Path) -> None:
        write_whole(
            {part / name: data for name, data in files.items()}, remedy="nothing was added; free some space"
        )

    fill_folder(folder, RECORD, fill)
    if (folder / RECORD).read_bytes() != last:
        raise InputError(f'another process wrote "{folder}" meanwhile; run again')
