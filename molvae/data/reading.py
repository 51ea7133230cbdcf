"""A table of molecules in any usual file, streamed: which column holds the SMILES, and its rows by chunks.

Row 1 is the first row below the header, or the first row where there is none. A row too short has empty
cells, a row too long loses the cells beyond the header; a blank line between rows is a row.
"""

import difflib
import itertools
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from rdkit import Chem

from molvae.chem.molecules import quotable, silenced_rdkit
from molvae.data.records import ParquetSource, TextSource, open_source
from molvae.data.values import with_decimal_point
from molvae.errors import InputError

logger = logging.getLogger(__name__)

#: Rows looked at to find the SMILES column.
HEAD_ROWS = 100
CHUNK_ROWS = 500

#: Names of a SMILES column, in lower case without spaces and punctuation; the first that a file has wins.
SMILES_NAMES = ("smiles", "canonicalsmiles", "isomericsmiles", "smi")
#: Names that make a line a header, without saying that the column holds SMILES.
OTHER_NAMES = ("structure", "molecule", "mol", "compound", "name", "id", "title")

_LONGEST_LOOKED_AT = 1000


class Chunk(NamedTuple):
    """Some rows of a table, one after another.

    Attributes:
        rows: their row numbers, `B` of them.
        smiles: the cells of the SMILES column, as they are.
        properties: for each row, the cells of the property columns.
        num_ragged: how many of the rows have more or fewer cells than the header of a text file; a blank line
            is none of them.
        carried: for each row, the cells of the columns that are carried along, as they are.
    """

    rows: range
    smiles: list[str]
    properties: list[list[str]]
    num_ragged: int = 0
    carried: Sequence[list[str]] = ()


@dataclass(frozen=True)
class Table:
    """An opened file: its columns by name, and which are read. Without a header they are "column 1", ...

    In text whose cells are separated by semicolons, property cells may have a decimal comma, as spreadsheets
    write them where that is the custom; they are read with a point, and the log says so once. The cells of
    `carried_columns` stay as they are.
    """

    source: TextSource | ParquetSource
    columns: tuple[str, ...]
    has_header: bool
    smiles_column: str
    property_columns: tuple[str, ...] = ()
    carried_columns: tuple[str, ...] = ()
    _logged: set[str] = field(default_factory=set, repr=False, compare=False)

    def chunks(self, num_rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        """All rows, `num_rows` at a time; may be called again for another pass.

        Raises:
            InputError: the file can't be read to its end.
        """
        records = self._records()
        first, end = 1, 1 + len(self.property_columns)
        while records_of_chunk := list(itertools.islice(records, num_rows)):
            rows = range(first, first + len(records_of_chunk))
            smiles = [cells[0] for cells, _ in records_of_chunk]
            properties = [cells[1:end] for cells, _ in records_of_chunk]
            num_ragged = sum(is_ragged for _, is_ragged in records_of_chunk)
            yield Chunk(rows, smiles, properties, num_ragged, [cells[end:] for cells, _ in records_of_chunk])
            first = rows.stop

    def _records(self) -> Iterator[tuple[list[str], bool]]:
        """For each row the SMILES, the properties and the carried cells; and whether the row is ragged."""
        names = (self.smiles_column, *self.property_columns, *self.carried_columns)
        wanted = [self.columns.index(name) for name in names]
        if isinstance(self.source, ParquetSource):
            yield from ((cells, False) for cells in self.source.records(wanted))
            return
        width = len(self.columns)
        # A name of several words behind a SMILES is carried whole.
        last_has_rest = self.source.delimiter is None and bool(self.carried_columns)
        may_have_commas = self.source.delimiter == ";" and bool(self.property_columns)
        for record in itertools.islice(self.source.records(), int(self.has_header), None):
            num_cells = len(record)
            is_ragged = self.has_header and num_cells not in (0, width)
            if last_has_rest and num_cells > width:
                record = [*record[: width - 1], " ".join(record[width - 1 :])]
            cells = [record[i] if i < num_cells else "" for i in wanted]
            yield self._with_points(cells) if may_have_commas else cells, is_ragged

    def _with_points(self, cells: list[str]) -> list[str]:
        """Property cells with points for decimal commas; the first one of the table is logged."""
        end = 1 + len(self.property_columns)
        read = [cells[0], *map(with_decimal_point, cells[1:end]), *cells[end:]]
        if read != cells and "commas" not in self._logged:
            place = next(i for i, cell in enumerate(cells) if read[i] != cell)
            name = self.property_columns[place - 1]
            self._logged.add("commas")
            logger.info(
                'decimal commas in property columns of "%s" are read as points: "%s" in "%s" is %s',
                *(self.source.path, cells[place].strip(), quotable(name, 50), read[place]),
            )
        return read


def open_table(
    path: str | Path, smiles_column: str | None = None, property_columns: Sequence[str] = ()
) -> Table:
    """The table in a file, its SMILES column found: by a known name, or else by what parses.

    Args:
        path: a file ending in .csv, .tsv, .smi, .smiles or .txt, each also with .gz, or in .parquet.
        smiles_column: the name of the SMILES column, where it is known better.
        property_columns: columns to read beside it.

    Raises:
        MissingFileError: there is no such file.
        InputError: the file can't be read, has no rows, or lacks a column.
    """
    source = open_source(Path(path))
    names = (*((smiles_column,) if smiles_column else ()), *property_columns)
    if isinstance(source, ParquetSource):
        columns, has_header = _unique_names(source.column_names), True
        head = list(itertools.islice(source.records(range(len(columns))), HEAD_ROWS))
    else:
        head = list(itertools.islice(source.records(), HEAD_ROWS + 1))
        has_header = _is_header(head, names, source.path)
        width = len(head[0]) if has_header else max(map(len, head))
        columns = _unique_names(head[0] if has_header else [""] * width)
        head = head[1:] if has_header else head
    if not head:
        raise InputError(f'the file "{path}" has a header but no rows')
    if smiles_column is None:
        smiles_column = _find_smiles_column(columns, head, Path(path))
    else:
        smiles_column = matching_column(smiles_column, columns, f'"{path}" has no column')
    lacking = f'"{path}" has no property column'
    properties = tuple(matching_column(name, columns, lacking) for name in property_columns)
    if len(set(properties)) < len(properties) or smiles_column in properties:
        raise InputError(f'a column of "{path}" is asked for twice: {_quoted([smiles_column, *properties])}')
    if has_header and not names and not isinstance(source, ParquetSource):
        _warn_of_doubtful_header(smiles_column, Path(path))
    return Table(source, columns, has_header, smiles_column, properties)


def _unique_names(names: Sequence[str]) -> tuple[str, ...]:
    """Names that are all there and all different: "column 3" for none, "logP (column 3)" for a double."""
    stripped = [name.strip().strip('"') for name in names]
    unique: list[str] = []
    for number, name in enumerate(stripped, start=1):
        unique.append(name or f"column {number}" if name not in unique else f"{name} (column {number})")
    return tuple(unique)


def _normalized(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.lower())


def _is_header(head: Sequence[Sequence[str]], names: Sequence[str], path: Path) -> bool:
    """Whether the first line names columns. `names` are names that the user says are there."""
    first = [cell.strip() for cell in head[0]]
    normalized = {_normalized(cell) for cell in first}
    if any(name in SMILES_NAMES or "smiles" in name for name in normalized) or set(first) & set(names):
        return True
    molecules = _molecule_columns(head)
    starts_with_molecule = _is_molecule(first[0]) and _is_list_of_molecules(path)
    if normalized & set(OTHER_NAMES):
        # In a list of molecules, "CCO compound 12" is one of them and its name.
        return not (starts_with_molecule and 0 in molecules)
    if starts_with_molecule:
        return False
    if not molecules:
        return any(cell and not _is_number(cell) for cell in first)
    # A molecule that can't be read still looks like one: it holds signs that names of columns don't.
    return not any(i < len(first) and _looks_like_smiles(first[i]) for i in molecules)


def _is_list_of_molecules(path: Path) -> bool:
    """Whether the ending says that lines begin with a molecule, as in a .smi, and often have no header."""
    return Path(path.name.lower().removesuffix(".gz")).suffix in (".smi", ".smiles", ".txt")


def _warn_of_doubtful_header(smiles_column: str, path: Path) -> None:
    """Says so where the first line may as well be a molecule that can't be read, and would be lost."""
    name = _normalized(smiles_column)
    if name not in {*SMILES_NAMES, *OTHER_NAMES} and "smiles" not in name:
        shown = quotable(smiles_column, 50)
        logger.warning(
            'the first line of "%s" is taken for a header, though "%s" is no usual name of a SMILES column; '
            'if it is one, say so with --smiles-column "%s"; if that line is a molecule, put a line with '
            'the word "smiles" above it',
            *(path, shown, shown),
        )


def _looks_like_smiles(cell: str) -> bool:
    return _is_molecule(cell) or re.search(r"[()\[\]=#@/\\]", cell) is not None


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _is_molecule(cell: str) -> bool:
    words = cell.split(None, 1)
    if not words or len(words[0]) > _LONGEST_LOOKED_AT or not words[0].isascii():
        return False
    with silenced_rdkit():
        return Chem.MolFromSmiles(words[0]) is not None


def _molecule_columns(records: Sequence[Sequence[str]]) -> list[int]:
    """Columns where at least half of the cells that aren't empty are molecules, the likeliest first."""
    found = []
    for column in range(max(map(len, records))):
        cells = [record[column] for record in records if column < len(record) and record[column].strip()]
        molecules = [cell for cell in cells if _is_molecule(cell)]
        if molecules and 2 * len(molecules) >= len(cells):
            found.append((-len(molecules), -sum(map(len, molecules)), column))
    return [column for *_, column in sorted(found)]


def _find_smiles_column(columns: Sequence[str], head: Sequence[Sequence[str]], path: Path) -> str:
    normalized = [_normalized(name) for name in columns]
    named = [normalized.index(name) for name in SMILES_NAMES if name in normalized]
    named += [i for i, name in enumerate(normalized) if "smiles" in name]
    if named:
        column, why = columns[named[0]], "by its name"
    elif molecules := _molecule_columns(head):
        column, why = columns[molecules[0]], "because its cells are molecules"
    else:
        raise InputError(
            f'no column of "{path}" holds SMILES; columns: {_quoted(columns)}; call one "smiles", '
            "or name it with --smiles-column where there is such a flag"
        )
    logger.info('SMILES are read from "%s" of "%s", chosen %s', column, path, why)
    return column


def matching_column(name: str, columns: Sequence[str], lacking: str, owner: str = "its columns") -> str:
    """The column of that name; capitals and spaces around it may differ where only one column fits.

    Args:
        name: what the user calls it.
        columns: the names there are.
        lacking: how the message begins if none fits; the name follows.
        owner: in the message, which columns they are.

    Raises:
        InputError: none fits; the message names the nearest one, and all.
    """
    if name in columns:
        return name
    folded = [column for column in columns if column.lower() == name.strip().lower()]
    if len(folded) == 1:
        logger.info('"%s" is taken to be "%s"', quotable(name), quotable(folded[0]))
        return folded[0]
    lowered = {column.lower(): column for column in columns}
    close = difflib.get_close_matches(name.strip().lower(), lowered, n=1)
    hint = f'did you mean "{lowered[close[0]]}"? ' if close else ""
    raise InputError(f'{lacking} "{quotable(name)}"; {hint}{owner}: {_quoted(columns) or "none"}')


def _quoted(names: Sequence[str]) -> str:
    shown = ", ".join(f'"{quotable(name, 50)}"' for name in names[:20])
    return shown if len(names) <= 20 else f"{shown} and {len(names) - 20} more"
