"""Cells of a property column to numbers: which kind of property it is, and what a cell says.

A regression cell is a number; a yes/no cell a word or 0 or 1. Empty cells and the usual words for
"not measured" are missing values; anything else is unreadable, and said so. Where bounds are read, a cell
may be censored: ">10" says that the value is larger.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from molvae.chem.molecules import quotable

Kind = Literal["regression", "yes/no"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_MISSING = frozenset({"", "na", "n/a", "<na>", "nan", "null", "none", "-"})
_WORDS = {"yes": 1.0, "true": 1.0, "active": 1.0, "no": 0.0, "false": 0.0, "inactive": 0.0}
_COMMA = re.compile(r"[+-]?\d*,\d+(e[+-]?\d+)?", re.IGNORECASE)
_CENSORED = re.compile(r"(<=|>=|=<|=>|<|>|≤|≥)\s*(.*)", re.DOTALL)


class Bounds(NamedTuple):
    """What a measurement says of a value: that it is from `low` to `high`.

    Both are the same where the value is known, one is infinite where it is censored, and both are NaN where
    nothing is said.
    """

    low: float
    high: float

    @property
    def is_missing(self) -> bool:
        """Whether nothing is said."""
        return math.isnan(self.low)

    @property
    def is_exact(self) -> bool:
        """Whether the value is known."""
        return self.low == self.high


MISSING = Bounds(math.nan, math.nan)


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


def read_bounds(cell: str) -> Bounds:
    """What a cell with a number, or a censored one, says.

    Raises:
        UnreadableValueError: the cell holds something else.

    >>> read_bounds("2.5"), read_bounds(" > 10"), read_bounds("<=0.5")
    (Bounds(low=2.5, high=2.5), Bounds(low=10.0, high=inf), Bounds(low=-inf, high=0.5))
    """
    censored = _CENSORED.fullmatch(cell.strip())
    number = cell if censored is None else censored[2]
    value = read_value(number, "regression")
    if censored is None:
        return Bounds(value, value)
    if math.isnan(value):
        raise UnreadableValueError(cell, "not a number")
    is_lower = censored[1].strip("=") in (">", "≥")
    return Bounds(value, math.inf) if is_lower else Bounds(-math.inf, value)


def merged_bounds(measured: Sequence[Bounds]) -> Bounds:
    """What several measurements of a molecule say together; missing ones are left out.

    The median of the values that are known. Without any the tightest bounds count, of both sides; where
    they contradict each other the value lies between them.

    >>> merged_bounds([Bounds(1.0, 1.0), Bounds(5.0, 5.0), Bounds(2.0, 2.0), Bounds(9.0, math.inf)])
    Bounds(low=2.0, high=2.0)
    >>> merged_bounds([Bounds(4.0, math.inf), Bounds(5.0, math.inf), Bounds(-math.inf, 6.0)])
    Bounds(low=5.0, high=6.0)
    """
    said = [bounds for bounds in measured if not bounds.is_missing]
    if not said:
        return MISSING
    exact = [bounds.low for bounds in said if bounds.is_exact]
    if exact:
        value = float(np.median(exact))
        return Bounds(value, value)
    low, high = max(bounds.low for bounds in said), min(bounds.high for bounds in said)
    return Bounds(min(low, high), max(low, high))


def _number(text: str) -> float | None:
    if "_" in text:
        return None
    try:
        return float(text)
    except ValueError:
        return None


def with_decimal_point(cell: str) -> str:
    """The cell, with a point in it where it is a number, perhaps censored, with a decimal comma.

    >>> with_decimal_point(" 5,531 "), with_decimal_point("1,000,000"), with_decimal_point("> 0,5")
    ('5.531', '1,000,000', '> 0.5')
    """
    if "," not in cell:
        return cell
    censored = _CENSORED.fullmatch(cell.strip())
    if _COMMA.fullmatch(cell.strip() if censored is None else censored[2]):
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
