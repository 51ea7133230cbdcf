"""A file on disk to records, each a list of text cells: delimited text, gzipped or not, and Parquet.

Nothing here knows what a column means. Text is read line by line with bounded memory, and damage stays
where it is: an unclosed quote costs at most its own line, a bad byte one character.
"""

import codecs
import csv
import gzip
import io
import re
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from molvae.errors import InputError, MissingFileError

if TYPE_CHECKING:
    import pyarrow as pa

#: Most lines that a quoted cell may span; past that its quote counts as an ordinary character.
MAX_QUOTED_LINES = 20
ENDINGS = ".csv, .tsv, .smi, .smiles, .txt (each also with .gz) or .parquet"

_GZIP_MAGIC = b"\x1f\x8b"
_MAX_CELL = 2**31 - 1
#: The line that Excel puts, or wants, above a CSV to be told what separates cells; saved again, it is a row.
_SEPARATOR_LINE = re.compile(r'"?sep=([,;|\t])"?[,;|\t]*\s*', re.IGNORECASE)


@dataclass(frozen=True)
class TextSource:
    """A delimited text file; `delimiter` None splits at white space, and knows no quotes.

    `has_separator_line` says that a line such as `sep=;`, which is no record, comes first.
    """

    path: Path
    delimiter: str | None
    has_separator_line: bool = False

    def records(self) -> Iterator[list[str]]:
        """The cells of each line, the header's among them; `[]` for a blank line.

        Blank lines before the first and after the last record are left out.

        Raises:
            InputError: the file can't be read to its end.
        """
        blank = 0
        started = False
        lines = read_lines(self.path)
        if self.has_separator_line:
            next((line for line in lines if line.strip()), None)
        for record in split_lines(lines, self.delimiter):
            if not record:
                blank += started
                continue
            for _ in range(blank):
                yield []
            blank, started = 0, True
            yield record


@dataclass(frozen=True)
class ParquetSource:
    """A Parquet file, read by batches of rows."""

    path: Path
    column_names: tuple[str, ...]

    def records(self, columns: Sequence[int]) -> Iterator[list[str]]:
        """The cells of these columns, row by row, in that order; "" for a null.

        Raises:
            InputError: the file can't be read to its end.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        wanted = [self.column_names[i] for i in columns]
        try:
            with pq.ParquetFile(self.path) as file:
                for batch in file.iter_batches(batch_size=4096, columns=list(dict.fromkeys(wanted))):
                    cells = [_texts(batch.column(name)) for name in wanted]
                    yield from map(list, zip(*cells, strict=True))
        except (pa.ArrowException, OSError) as error:
            raise InputError(f'can\'t read "{self.path}": {_first_line(error)}') from error


def open_source(path: Path) -> TextSource | ParquetSource:
    """The file, ready to be read as records.

    Raises:
        MissingFileError: there is no such file.
        InputError: it is a folder, of an unknown ending, or empty.
    """
    if not path.exists():
        raise MissingFileError(f'the file "{path}" is not there; check its path')
    if path.is_dir():
        raise InputError(f'"{path}" is a folder; give the file in it that holds the molecules')
    name = path.name.lower()
    ending = Path(name.removesuffix(".gz")).suffix
    if ending == ".parquet" and not name.endswith(".gz"):
        return ParquetSource(path, _parquet_columns(path))
    if ending not in (".csv", ".tsv", ".smi", ".smiles", ".txt"):
        raise InputError(f'can\'t read "{path}": the ending of its name must be one of {ENDINGS}')
    lines = (line for line in read_lines(path) if line.strip())
    first = next(lines, None)
    separator = _SEPARATOR_LINE.fullmatch(first) if first is not None and ending == ".csv" else None
    if first is None or (separator and next(lines, None) is None):
        raise InputError(f'the file "{path}" is empty')
    if separator:
        return TextSource(path, separator[1], has_separator_line=True)
    return TextSource(path, _delimiter(first, ending))


def _delimiter(first_line: str, ending: str) -> str | None:
    """What separates cells, judged by the first line: SMILES themselves hold no comma, semicolon or tab."""
    if ending == ".tsv":
        return "\t"
    if ending == ".csv":
        return max(",;\t", key=first_line.count)
    first_word = first_line.split(None, 1)[0]
    if "," in first_word or ";" in first_word:
        return max(",;", key=first_word.count)
    return "\t" if "\t" in first_line else None


def _parquet_columns(path: Path) -> tuple[str, ...]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            return tuple(file.schema_arrow.names)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f'can\'t read "{path}" as Parquet: {_first_line(error)}') from error


def _texts(array: "pa.Array") -> list[str]:
    """Cells as text, numbers with all their digits."""
    return [_text(value) for value in array.to_pylist()]


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def read_lines(path: Path) -> Iterator[str]:
    """The lines of a text file, without their ends.

    UTF-8, or UTF-16 with a byte order mark; bytes that are neither become U+FFFD. A file that starts
    as gzip does is unpacked.

    Raises:
        InputError: the file can't be opened, or its gzip stream is cut short or damaged.
    """
    try:
        with path.open("rb") as raw:
            if raw.peek(2)[:2] == _GZIP_MAGIC:
                with gzip.GzipFile(fileobj=raw) as unpacked:
                    yield from _decoded(unpacked)
            elif path.name.lower().endswith(".gz"):
                raise InputError(f'the file "{path}" is not a gzip file, though its name says so')
            else:
                yield from _decoded(raw)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f'the gzip file "{path}" is cut short or damaged; get it again') from error
    except OSError as error:
        raise InputError(f'can\'t read the file "{path}": {error.strerror or error}') from error


def _decoded(raw: io.BufferedReader | gzip.GzipFile) -> Iterator[str]:
    utf16 = raw.peek(2)[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    with io.TextIOWrapper(raw, encoding="utf-16" if utf16 else "utf-8-sig", errors="replace") as text:
        for line in text:
            yield line.removesuffix("\n")


def split_lines(lines: Iterable[str], delimiter: str | None) -> Iterator[list[str]]:
    r"""The cells of each record; `[]` for a blank line.

    A quoted cell may hold delimiters and line ends. A quote that isn't closed within `MAX_QUOTED_LINES`
    lines, or whose closing gives more cells than the first record has, is taken literally.

    >>> list(split_lines(['a,b', '"x, y",1', '"open,2', 'z,3'], ","))
    [['a', 'b'], ['x, y', '1'], ['"open', '2'], ['z', '3']]
    """
    if delimiter is None:
        yield from (line.split() for line in lines)
        return
    csv.field_size_limit(_MAX_CELL)
    source = iter(lines)
    waiting: deque[str] = deque()
    width = 0
    while True:
        line = waiting.popleft() if waiting else next(source, None)
        if line is None:
            return
        if '"' not in line:
            record = line.split(delimiter) if line.strip() else []
        else:
            record = _quoted_record(line, source, waiting, delimiter, width)
        width = width or len(record)
        yield record


def _quoted_record(
    line: str, source: Iterator[str], waiting: deque[str], delimiter: str, width: int
) -> list[str]:
    """The record that starts with `line`; lines looked at but not used are left in `waiting`."""
    lines = [line]
    while True:
        try:
            record = next(csv.reader(_with_ends(lines), delimiter=delimiter, strict=True))
        except csv.Error as error:
            more_may_help = "unexpected end" in str(error) and len(lines) < MAX_QUOTED_LINES
        else:
            if len(lines) == 1 or not width or len(record) <= width:
                return record
            more_may_help = False
        following = waiting.popleft() if more_may_help and waiting else None
        if more_may_help and following is None:
            following = next(source, None)
        if following is None:
            break
        lines.append(following)
    waiting.extendleft(reversed(lines[1:]))
    return _literal(line, delimiter)


def _literal(line: str, delimiter: str) -> list[str]:
    """The cells of a line with odd quotes: if their number is even they still count as quotes."""
    if line.count('"') % 2 == 0:
        return next(csv.reader([line], delimiter=delimiter))
    return line.split(delimiter)


def _with_ends(lines: Sequence[str]) -> list[str]:
    return [f"{line}\n" for line in lines[:-1]] + [lines[-1]]
