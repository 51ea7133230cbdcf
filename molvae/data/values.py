"""Cells of a property column to numbers: which kind of property it is, and what a cell says.

A regression cell is a number; a yes/no cell a word or 0 or 1. Empty cells and the usual words for
"not measured" are missing values; anything else is unreadable, and said so.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from molvae.chem.molecules import quotable

Kind = Literal["regression", "yes/no"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_MISSING = frozenset({"", "na", "n/a", "<na>", "nan", "null", "none", "-"})
_WORDS = {"yes": 1.0, "true": 1.0, "active": 1.0, "no": 0.0, "false": 0.0, "inactive": 0.0}
_COMMA = re.compile(r"[+-]?\d*,\d+(e[+-]?\d+)?", re.IGNORECASE)


class UnreadableValueError(ValueError):
    """A cell holds something that is no value of its property; the message says what.

    Attributes:
        reason: why, in a few words without the cell.
    """

    def __init__(self, cell: str, what: str, hint: str = "") -> None:
        super().__init__(f'"{quotable(cell, 50)}" is {what}{f" ({hint})" if hint else ""}')
        self.reason = hint or what


def read_value(cell: str, kind: Kind) -> float:
    """The value of a cell, NaN where it is missing.

    Raises:
        UnreadableValueError: the cell holds something else.

    >>> read_value(" 2.5 ", "regression"), read_value("active", "yes/no")
    (2.5, 1.0)
    """
    text = cell.strip().lower()
    if text in _MISSING:
        return math.nan
    if kind == "yes/no" and text in _WORDS:
        return _WORDS[text]
    value = _number(text)
    if value is None:
        hint = "a decimal comma: write a point" if _COMMA.fullmatch(text) else ""
        raise UnreadableValueError(cell, "not a number" if kind == "regression" else "not yes or no", hint)
    if not math.isfinite(value):
        raise UnreadableValueError(cell, "not a finite number")
    if kind == "yes/no" and value not in (0.0, 1.0):
        raise UnreadableValueError(cell, "neither yes nor no")
    return value


def _number(text: str) -> float | None:
    if "_" in text:
        return None
    try:
        return float(text)
    except ValueError:
        return None


def with_decimal_point(cell: str) -> str:
    """The cell, with a point in it where it is a number with a decimal comma.

    >>> with_decimal_point(" 5,531 "), with_decimal_point("1,000,000"), with_decimal_point("active")
    ('5.531', '1,000,000', 'active')
    """
    if "," in cell and _COMMA.fullmatch(cell.strip()):
        return cell.strip().replace(",", ".")
    return cell


class KindSurvey:
    """Looks at every cell of a column, then says which kind of property it is.

    The column is yes/no if its values are words for yes and no, or 0 and 1. Where other numbers occur
    too, the majority decides: a typing error in a column of words doesn't make it a regression.
    """

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, cells: Iterable[str]) -> None:
        """Takes more cells into account."""
        for cell in cells:
            text = cell.strip().lower()
            if text in _WORDS:
                self._counts["word"] += 1
            elif text not in _MISSING:
                value = _number(text)
                if value is None or not math.isfinite(value):
                    self._counts["other"] += 1
                else:
                    self._counts["binary" if value in (0.0, 1.0) else "number"] += 1

    def kind(self) -> Kind | None:
        """The kind of property, or None for a column without one value."""
        words, binary, numbers = (self._counts[name] for name in ("word", "binary", "number"))
        if not words + binary + numbers:
            return None
        if numbers == 0 or words + binary * (words > 0) > numbers:
            return "yes/no"
        return "regression"

    def has_value_of(self, kind: Kind) -> bool:
        """Whether any cell is a value where the column is declared to be of this kind."""
        return self._counts["binary"] + self._counts["number" if kind == "regression" else "word"] > 0

    @property
    def num_cells(self) -> int:
        """Cells so far that aren't missing."""
        return self._counts.total()

    def num_unreadable(self, kind: Kind) -> int:
        """How many of them are no value where the column is of this kind."""
        return self._counts["other"] + self._counts["word" if kind == "regression" else "number"]


def merged_value(values: npt.NDArray[np.float64], kind: Kind) -> float:
    """One value for a molecule that was measured several times; NaNs are left out, NaN if nothing is left.

    The median for a regression; the majority for yes/no, NaN if it is a tie.

    >>> merged_value(np.array([1.0, 5.0, 2.0]), "regression")
    2.0
    """
    measured = values[~np.isnan(values)]
    if measured.size == 0:
        return math.nan
    if kind == "regression":
        return float(np.median(measured))
    share = float(measured.mean())
    return math.nan if share == 0.5 else float(share > 0.5)
