"""All rounds of a project in, what is known of each molecule out, and what of it was known when.

A molecule's measurements are combined, those of all rounds: the median of the known values, and only where
there is none the tightest bounds (`molvae.data.values.merged_bounds`).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from molvae.data.values import Bounds, merged_bounds, read_bounds
from molvae.interfaces import FloatArray
from molvae.optimization.judge import Judge
from molvae.studies.lab.records import Entry, table_bytes


class History(NamedTuple):
    """`N` measured molecules and `P` properties, in the order of their first measurement.

    Attributes:
        smiles: canonical.
        low: lower bounds `(N, P)`, NaN where nothing was measured.
        high: upper bounds `(N, P)`, equal to the lower ones where a value is known.
        rounds: the round in which each molecule was measured first.
    """

    smiles: list[str]
    low: FloatArray
    high: FloatArray
    rounds: list[int]


def history_of(rounds: Sequence[Entry], properties: Sequence[str]) -> History:
    """The history that rounds make together."""
    measured: dict[str, list[list[Bounds]]] = {}
    first: dict[str, int] = {}
    for entry in rounds:
        for row in entry.rows:
            columns = measured.setdefault(row["smiles"], [[] for _ in properties])
            first.setdefault(row["smiles"], entry.number)
            for column, name in zip(columns, properties, strict=True):
                column.append(read_bounds(row[name]))
    merged = [[merged_bounds(column) for column in columns] for columns in measured.values()]
    bounds = np.array(merged, dtype=np.float64).reshape(len(measured), len(properties), 2)
    return History(list(measured), bounds[..., 0], bounds[..., 1], list(first.values()))


def settled_values(history: History) -> FloatArray:
    """One value for each measured molecule and property, `(N, P)`, NaN where nothing was measured.

    A censored value counts as what a `Judge` of the history expects it to be within its bounds.
    """
    settled = Judge(history.smiles, history.low, history.high).settled()
    return np.where(np.isnan(history.low), np.nan, settled)


def history_table(history: History, properties: Sequence[str]) -> bytes:
    """The history as a CSV: smiles, round, and each property's value, ">10" for one that is censored.

    A value between two bounds is their mean there.
    """
    rows = [
        (smiles, number, *(shown_bounds(*pair) for pair in zip(low, high, strict=True)))
        for smiles, number, low, high in zip(
            history.smiles, history.rounds, history.low.tolist(), history.high.tolist(), strict=True
        )
    ]
    return table_bytes(["smiles", "round", *properties], rows)


def shown_bounds(low: float, high: float) -> str:
    """Bounds as a cell that can be read again; "" for nothing."""
    if np.isnan(low):
        return ""
    if np.isinf(low):
        return f"<{high:.12g}"
    return f">{low:.12g}" if np.isinf(high) else f"{(low + high) / 2:.12g}"
