"""Screened rows in, files out: duplicates found, their values merged, every row counted once.

Runs in one process, in the order of the file. Memory grows by about 200 bytes a kept molecule (its
digest, row number and property values); texts go straight to disk.
"""

import hashlib
import math
import re
from array import array
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from molvae.chem.molecules import MAX_QUOTED_LENGTH, quotable
from molvae.data.curated import LEDGER_NAME, MOLECULES_NAME, PROPERTIES_NAME
from molvae.data.ledger import DROP_REASONS, Ledger, Reason
from molvae.data.reading import Chunk
from molvae.data.screening import Screened
from molvae.data.values import Kind, UnreadableValueError, merged_value, read_value

_SCHEMA = pa.schema(
    [("row", pa.int64()), ("smiles", pa.string()), ("selfies", pa.string()), ("given", pa.string())]
)
#: Characters that are kept of a text; one more than are quoted, so that the quote says there are more.
_MAX_GIVEN_LENGTH = MAX_QUOTED_LENGTH + 1
_ROWS_A_GROUP = 20_000
_SYMBOL_LIMITS = (32, 64, 128, 256, 512)
_CHARGE = re.compile(r"[+-]\d?[:\]]")


class Intake:
    """Takes chunks of screened rows and writes the files of a curated table; a context manager.

    Args:
        folder: where `molecules.parquet`, `properties.npy` and `ledger.csv` are made.
        property_columns: names of the `P` properties.
        kinds: what kind each is.
    """

    def __init__(self, folder: Path, property_columns: Sequence[str], kinds: Sequence[Kind]) -> None:
        self._folder = folder
        self._names = tuple(property_columns)
        self._kinds = tuple(kinds)
        self._ledger = Ledger(folder / LEDGER_NAME)
        self._writer = pq.ParquetWriter(folder / MOLECULES_NAME, _SCHEMA, compression="zstd")
        self._pending: list[tuple[int, str, str, str | None]] = []
        self._index_of: dict[bytes, int] = {}
        self._rows = array("q")
        self._values = array("d")
        self._repeated: dict[int, list[list[float]]] = {}
        self._merged: dict[str, dict[str, float]] = {}
        self._num_symbols: Counter[int] = Counter()
        self._too_long: dict[bytes, int] = {}
        self._elements: Counter[str] = Counter()
        self._structure: Counter[str] = Counter()
        self._num_cut = 0
        self._num_ragged = 0
        self._examples: dict[str, str] = {}
        self.num_measured = [0] * len(self._names)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ledger.__exit__(kind, error, trace)
        self._writer.close()

    @property
    def num_kept(self) -> int:
        """Molecules kept so far."""
        return len(self._rows)

    @property
    def dropped(self) -> dict[str, int]:
        """Rows dropped so far, by reason."""
        return {reason: self._ledger.counts[reason] for reason in DROP_REASONS if self._ledger.counts[reason]}

    def add(self, chunk: Chunk, screened: Sequence[Screened]) -> None:
        """Takes the rows of a chunk with what became of each."""
        self._num_ragged += chunk.num_ragged
        for row, text, cells, found in zip(chunk.rows, chunk.smiles, chunk.properties, screened, strict=True):
            if found.reason:
                self._drop(row, text, found)
                continue
            digest = _digest(found.smiles)
            index = self._index_of.setdefault(digest, len(self._rows))
            if index == len(self._rows):
                self._keep(row, text, cells, found)
            else:
                self._repeat(row, text, cells, index)
        if len(self._pending) >= _ROWS_A_GROUP:
            self._flush()

    def _drop(self, row: int, text: str, found: Screened) -> None:
        reason = cast(Reason, found.reason)
        self._ledger.add(row, text, reason, found.detail)
        self._examples.setdefault(reason, f'row {row} has "{quotable(text, 50)}"')
        if reason == "element" and " " not in found.detail:
            self._elements[found.detail] += 1
        if found.num_symbols:
            self._too_long[_digest(found.smiles)] = found.num_symbols

    def _keep(self, row: int, text: str, cells: Sequence[str], found: Screened) -> None:
        values, unreadable = self._read(cells)
        for detail in unreadable:
            self._ledger.add(row, text, "property", detail)
        self._rows.append(row)
        self._values.extend(values)
        given = text[:_MAX_GIVEN_LENGTH] if text != found.smiles else None
        self._pending.append((row, found.smiles, found.selfies, given))
        self._num_symbols[found.num_symbols] += 1
        self._num_cut += "." in text and "." in text.split(None, 1)[0]
        self._structure["stereo_centers"] += "@" in found.smiles
        self._structure["stereo_bonds"] += "/" in found.smiles or "\\" in found.smiles
        self._structure["charges"] += "[" in found.smiles and _CHARGE.search(found.smiles) is not None

    def _repeat(self, row: int, text: str, cells: Sequence[str], index: int) -> None:
        """Drops a row whose molecule is known; its values are kept for merging."""
        values, details = self._read(cells)
        num = len(self._names)
        first = self._values[index * num : (index + 1) * num]
        for name, value, other in zip(self._names, values, first, strict=True):
            if not math.isnan(value) and value != other:
                there = "missing" if math.isnan(other) else f"{other:g}"
                details.append(f"{name} is {value:g} here and {there} there")
        if not all(map(math.isnan, values)):
            self._repeated.setdefault(index, []).append(values)
        self._ledger.add(row, text, "duplicate", "; ".join([f"of row {self._rows[index]}", *details]))

    def _read(self, cells: Sequence[str]) -> tuple[list[float], list[str]]:
        """The values of a row's property cells, NaN for missing ones, and what was unreadable."""
        values, unreadable = [], []
        for name, kind, cell in zip(self._names, self._kinds, cells, strict=True):
            try:
                values.append(read_value(cell, kind))
            except UnreadableValueError as error:
                values.append(math.nan)
                unreadable.append(f"{name}: {error}")
        return values, unreadable

    def _flush(self) -> None:
        if self._pending:
            columns = [list(column) for column in zip(*self._pending, strict=True)]
            self._writer.write_table(pa.table(columns, schema=_SCHEMA))
            self._pending = []

    def finish(self) -> None:
        """Merges the values of duplicates and writes what is left to write; call it once, at the end."""
        self._flush()
        values = np.array(self._values, dtype=np.float64).reshape(self.num_kept, len(self._names))
        for column, (name, kind) in enumerate(zip(self._names, self._kinds, strict=True)):
            self._merged[name] = self._merge(values[:, column], column, kind)
        self.num_measured = [int(n) for n in (~np.isnan(values)).sum(axis=0)]
        np.save(self._folder / PROPERTIES_NAME, values, allow_pickle=False)

    def _merge(self, values: npt.NDArray[np.float64], column: int, kind: Kind) -> dict[str, float]:
        """Replaces, in place, the values of molecules measured more than once, and counts them."""
        molecules, differing, largest = 0, 0, 0.0
        for index, repeats in self._repeated.items():
            measured = np.array([values[index], *(repeat[column] for repeat in repeats)])
            values[index] = merged_value(measured, kind)
            measured = measured[~np.isnan(measured)]
            if measured.size > 1:
                spread = float(np.ptp(measured))
                molecules, differing, largest = molecules + 1, differing + (spread > 0), max(largest, spread)
        return {"molecules": molecules, "differing": differing, "largest_spread": largest}

    def main_reason(self) -> str:
        """In words, the most frequent reason for which rows were dropped, with an example."""
        reason, count = max(self.dropped.items(), key=lambda item: item[1])
        return f'{count} of {sum(self.dropped.values())} rows are "{reason}"; {self._examples[reason]}'

    def facts(self, max_symbols: int) -> dict[str, Any]:
        """What the summary says beside the counts of rows, as JSON.

        `kept_with_max_symbols` maps limits to molecules kept at that limit, everything else unchanged;
        `rows_with_only_element` maps an element to the rows that are dropped for it alone, so at most
        so many more would be kept if it was allowed; `merged_values` is about molecules measured
        more than once; `cut_to_largest_fragment` counts kept rows, `ragged_rows` all rows with more or
        fewer cells than the header.
        """
        lengths = self._num_symbols + Counter(self._too_long.values())
        limits = sorted({*_SYMBOL_LIMITS, max_symbols})
        kept_at = {str(n): sum(count for length, count in lengths.items() if length <= n) for n in limits}
        return {
            "unreadable_values": self._ledger.counts["property"],
            "cut_to_largest_fragment": self._num_cut,
            "ragged_rows": self._num_ragged,
            "with_stereo_centers": self._structure["stereo_centers"],
            "with_stereo_bonds": self._structure["stereo_bonds"],
            "with_charges": self._structure["charges"],
            "merged_values": self._merged,
            "kept_with_max_symbols": kept_at,
            "rows_with_only_element": dict(self._elements.most_common()),
        }


def _digest(smiles: str) -> bytes:
    return hashlib.blake2b(smiles.encode(), digest_size=16).digest()
