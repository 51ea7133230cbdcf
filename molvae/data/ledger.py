"""The ledger: a CSV with a line for each row that was dropped, and for each value that was not readable."""

import csv
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, get_args

from molvae.chem.molecules import quotable

Reason = Literal[
    "empty",
    "unparseable",
    "element",
    "too long",
    "selfies",
    "round trip",
    "duplicate",
    "unseen symbol",
    "property",
]

#: The reasons for which a row is dropped; only "property" keeps its row.
DROP_REASONS = tuple(reason for reason in get_args(Reason) if reason != "property")
COLUMNS = ("row", "smiles", "reason", "detail")


class Ledger:
    """Writes ledger lines, and counts them by reason in `counts`; a context manager.

    Args:
        path: the CSV file, made anew with a header, or with `append` gone on with.
        append: add to a file that has its header already.
    """

    def __init__(self, path: Path, append: bool = False) -> None:
        self.counts: Counter[str] = Counter()
        self._file = path.open("a" if append else "w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, lineterminator="\n")
        if not append:
            self._writer.writerow(COLUMNS)

    def add(self, row: int, smiles: str, reason: Reason, detail: str = "") -> None:
        """Writes one line: row number, the text as given (shortened, on one line), reason and detail."""
        self.counts[reason] += 1
        self._writer.writerow((row, quotable(smiles), reason, detail))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
