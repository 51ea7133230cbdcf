"""At which line of a goal file a mistake is: a table and what is wrong in it in, the line's number out."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from molvae.errors import SettingsError

_HEADER = re.compile(r"\s*\[{1,2}\s*([\w.-]+)\s*\]{1,2}")
#: The keys above all tables, as the table that they are in and its number.
TOP = ("", 0)
_KEY = re.compile(r"\s*\"?([\w-]+)\"?\s*=\s*(.*)")


@contextmanager
def told_by_line(path: Path, table: str, number: int = 1) -> Iterator[None]:
    """Puts the file and the line before what a `SettingsError` says.

    Args:
        path: the goal file.
        table: the name of the table that is read, such as "property".
        number: which of the tables of this name, from 1; `TOP` are both for keys above all tables.

    Raises:
        SettingsError: the one that was raised, with its place.
    """
    try:
        yield
    except SettingsError as error:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        raise SettingsError(f'"{path}", line {line_of(lines, table, number, str(error))}, {error}') from error


def line_of(lines: list[str], table: str, number: int, message: str) -> int:
    """The line, from 1, of the first key of a table that the message is about; else that of its header.

    Example:
        >>> line_of(["[oracle]", "batch = 0"], "oracle", 1, 'batch is "0"')
        2
    """
    wrong = message.partition(";")[0]
    header, num_seen, name = 1, 0, ""
    for place, line in enumerate(lines, start=1):
        if found := _HEADER.match(line):
            name = found.group(1)
            if name == table:
                num_seen += 1
                header = place if num_seen == number else header
        elif found := _KEY.match(line):
            key, value = found.group(1), found.group(2).strip(" \"'")
            if name == "" and key == table:  # a key where a table is meant
                return place
            if not (name == table and num_seen == number):
                continue
            if f'"{value}"' in wrong or re.search(rf"\b{re.escape(key)}\b", wrong):
                return place
    return header
