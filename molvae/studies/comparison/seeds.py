"""Rows of every model in, tables over the seeds of each arm out: means, and how far apart seeds and arms are.

Two kinds of spread stand beside a mean. The interval `x from`, `x to` is over molecules, as if other ones had
been measured; `x sd` is the standard deviation over seeds, as if the arm had been trained again. Where arms
are compared, each molecule is drawn with what all of them gave for it (`differences`).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from molvae.evaluation.intervals import difference_interval, mean_interval
from molvae.studies.comparison.arms import ARMS
from molvae.studies.comparison.optimizing import OBJECTIVES
from molvae.studies.comparison.subjects import EACH, Row, told

#: What tells the rows of a model apart, by table; those of a table that is not here are left as they are.
KEYS: dict[str, tuple[str, ...]] = {
    "implementation": ("bottleneck",),
    "reconstruction": (),
    "compression": ("step, spreads",),
    "generation": ("sampler",),
    "prior match": ("sampler",),
    "holes": ("places",),
    "continuity": ("radius, spreads",),
    "interpolation": (),
    "clusters": ("classes",),
    "two classes": (),
    "two classes placed": ("class", "lands in"),
    "midpoints": ("midpoints",),
    "landscape": ("property",),
    "own classes": ("classes",),
    "own classes placed": ("class", "lands in"),
    "own midpoints": ("midpoints",),
    "denoising": ("rate",),
    "optimization": ("objective",),
}
#: The name of the table of differences.
DIFFERENCES = "differences"


class Compared(NamedTuple):
    """A figure in which arms are compared.

    Attributes:
        table: its name.
        figure: a column that has a value of each molecule, or of each search.
        at: which row of the model, as the value of a key.
    """

    table: str
    figure: str
    at: tuple[str, float | str] | None = None


COMPARED = (
    Compared("reconstruction", "exact, mean"),
    Compared("reconstruction", "exact, one draw"),
    Compared("compression", "exact", ("step, spreads", 0.5)),
    Compared("continuity", "Tanimoto", ("radius, spreads", 1.0)),
    Compared("interpolation", "mean jump"),
    Compared("interpolation", "strict share"),
    Compared("denoising", "exact", ("rate", 0.1)),
    Compared("denoising", "gain in Tanimoto", ("rate", 0.1)),
    *(Compared("optimization", "best ten", ("objective", name)) for name in OBJECTIVES),
)

Values = npt.NDArray[np.float64]


def tables_of(rows: Mapping[str, Sequence[Row]]) -> dict[str, pd.DataFrame]:
    """The tables, by name: means over the seeds of each arm, where there are several; and the differences.

    Args:
        rows: by the name of the table; each has `arm` and `seed`, and perhaps values of each molecule.
    """
    several = num_seeds(rows) > 1
    tables = {}
    for name, of_table in rows.items():
        if not several:
            tables[name] = plain(of_table).drop(columns="seed")
        elif name in KEYS:
            tables[name] = _over_seeds(of_table, KEYS[name])
        else:
            tables[name] = plain(of_table)
    found = pd.DataFrame(_differences(rows))
    if len(found):
        tables[DIFFERENCES] = found if several else found.drop(columns=["seeds", "difference sd"])
    return tables


def num_seeds(rows: Mapping[str, Sequence[Row]]) -> int:
    """How many seeds the arm with the most of them has."""
    found = {(row["arm"], row["seed"]) for of_table in rows.values() for row in of_table}
    return max((sum(other == arm for other, _ in found) for arm, _ in found), default=0)


def plain(rows: Sequence[Row]) -> pd.DataFrame:
    """The rows as a table, without the values of each molecule."""
    return pd.DataFrame(
        [{name: value for name, value in row.items() if not name.endswith(EACH)} for row in rows]
    )


def _over_seeds(rows: Sequence[Row], keys: tuple[str, ...]) -> pd.DataFrame:
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in ("arm", *keys)), []).append(row)
    table = pd.DataFrame([_mean_row(group, ("arm", *keys)) for group in groups.values()])
    spreads = [name for name in table.columns if name.endswith(" sd")]
    return table.drop(columns=[name for name in spreads if not (table[name] > 0).any()])


def _mean_row(rows: Sequence[Row], keys: tuple[str, ...]) -> Row:
    """One row of rows that differ in the seed."""
    mean: Row = {name: rows[0][name] for name in keys} | {"seeds": len(rows)}
    for name in dict.fromkeys(name for row in rows for name in row):
        is_end = name.endswith((" from", " to")) and name.rpartition(" ")[0] in rows[0]
        if name in mean or name == "seed" or is_end or name.endswith(EACH):
            continue
        found = _numbers(row[name] for row in rows if name in row)
        mean[name], mean[f"{name} sd"] = _mean(found), _spread(found)
        if f"{name} from" in rows[0]:
            mean |= _ends(rows, name)
    return mean


def _ends(rows: Sequence[Row], name: str) -> Row:
    """The interval over molecules, each with the mean of what the seeds gave for it.

    Where that is not kept, the mean of the seeds' intervals, which is never the narrower one.
    """
    each = [_numbers(row[name + EACH]) for row in rows if name + EACH in row]  # type: ignore[arg-type]
    if len(each) == len(rows) and len({len(values) for values in each}) == 1:
        values = np.mean(each, axis=0)
        low, high = mean_interval(values[~np.isnan(values)])[1:]
    else:
        low, high = (_mean(_numbers(row[f"{name} {end}"] for row in rows)) for end in ("from", "to"))
    return {f"{name} from": low, f"{name} to": high}


def _differences(rows: Mapping[str, Sequence[Row]]) -> list[Row]:
    """Each arm beside the first one, or beside the one that it was matched to, in some figures."""
    matched = {arm.label: ARMS[arm.matches].label for arm in ARMS.values() if arm.matches}
    found: list[Row] = []
    for compared in COMPARED:
        arms = _values(rows.get(compared.table, ()), compared)
        for label in list(arms)[1:]:
            against = matched.get(label, next(iter(arms)))
            if against in arms and (seeds := sorted(arms[label].keys() & arms[against].keys())):
                found.append(_difference(compared, label, against, arms, seeds))
    return found


def _values(rows: Sequence[Row], compared: Compared) -> dict[str, dict[int, Values]]:
    """The values of each molecule by arm and seed."""
    found: dict[str, dict[int, Values]] = {}
    for row in rows:
        is_there = compared.at is None or row.get(compared.at[0]) == compared.at[1]
        if is_there and compared.figure + EACH in row:
            values = _numbers(row[compared.figure + EACH])  # type: ignore[arg-type]
            found.setdefault(str(row["arm"]), {})[int(row["seed"])] = values  # type: ignore[arg-type]
    return found


def _difference(
    compared: Compared,
    label: str,
    against: str,
    arms: Mapping[str, Mapping[int, Values]],
    seeds: Sequence[int],
) -> Row:
    """The difference of two arms over the seeds that both have."""
    left, right = (np.stack([arms[name][seed] for seed in seeds]) for name in (label, against))
    is_known = ~np.isnan(left - right).any(axis=0)
    left, right = left[:, is_known], right[:, is_known]
    interval = difference_interval(left.mean(axis=0), right.mean(axis=0))
    where = "" if compared.at is None else f", {compared.at[0]} {compared.at[1]}"
    return {
        "arm": label,
        "against": against,
        "figure": f"{compared.table}: {compared.figure}{where}",
        "seeds": len(seeds),
        **told("difference", interval),
        "difference sd": _spread((left - right).mean(axis=1)),
    }


def _numbers(values: Iterable[Any]) -> Values:
    return np.array(list(values), dtype=np.float64)


def _mean(values: Values) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def _spread(values: Values) -> float:
    """The standard deviation over seeds; NaN for one seed, and where a value is infinite."""
    known = values[~np.isnan(values)]
    return float(known.std(ddof=1)) if len(known) > 1 and np.isfinite(known).all() else float("nan")
