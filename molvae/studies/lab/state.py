"""A project in, how it stands out: its rounds, how good the judge is, and how good suggestions turned out."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from molvae.interfaces import FloatArray
from molvae.optimization.goal import Goal
from molvae.optimization.judge import Errors, Judge, errors_of
from molvae.optimization.measured_goal import MeasuredGoal
from molvae.studies.lab.history import History, history_of, shown_bounds
from molvae.studies.lab.project import Lab
from molvae.studies.lab.records import Entry
from molvae.studies.lab.suggesting import last_goal, pending_of


class State(NamedTuple):
    """How a project stands.

    Attributes:
        history: everything that was measured.
        rounds: a row a round: round, file, measured, new, molecules, and best so far if there is a goal.
        judged: a row a property: errors on values left out one by one.
        foreseen: a row a round and property: errors of what was predicted when molecules were suggested.
        pending: suggested molecules that are not measured yet.
        best: of the goal, the SMILES and the value or score; None without a goal or a value.
    """

    history: History
    rounds: pd.DataFrame
    judged: pd.DataFrame
    foreseen: pd.DataFrame
    pending: list[str]
    best: tuple[str, str] | None


def state_of(lab: Lab) -> State:
    """How the project stands now.

    Raises:
        InputError: a round or a batch is damaged.
    """
    rounds, batches = lab.rounds(), lab.batches()
    histories = [history_of(rounds[:count], lab.properties) for count in range(len(rounds) + 1)]
    history = histories[-1]
    judge = Judge(history.smiles, history.low, history.high)
    judged = [
        {"property": name} | _described(errors, "RMSE of the mean")
        for name, errors in zip(lab.properties, judge.errors(), strict=True)
    ]
    goal = last_goal(lab) if batches else None
    table, best = _round_table(lab, rounds, histories, goal)
    return State(
        history,
        table,
        pd.DataFrame(judged),
        _foreseen(lab, rounds, histories, batches),
        pending_of(batches, history.smiles),
        best,
    )


def _described(errors: Errors, other: str) -> dict[str, float]:
    return {
        "known": errors.num_known,
        "censored": errors.num_censored,
        "RMSE": errors.rmse,
        other: errors.rmse_of_mean,
        "Spearman": errors.spearman,
        "within 80 %": errors.within_80,
        "right side": errors.right_side,
    }


def _round_table(
    lab: Lab, rounds: Sequence[Entry], histories: Sequence[History], goal: Goal | None
) -> tuple[pd.DataFrame, tuple[str, str] | None]:
    """The rounds, and the best molecule of all with its value.

    Args:
        lab: the project.
        rounds: of it.
        histories: before the first round, and after each.
        goal: what is best; None if that is not known.
    """
    lines, best = [], None
    for entry, before, history in zip(rounds, histories[:-1], histories[1:], strict=True):
        line = {"round": entry.number, "file": entry.record["file"], "measured": len(entry.rows)}
        line |= {"new": len(history.smiles) - len(before.smiles), "molecules": len(history.smiles)}
        if goal is not None:
            best = _best(lab, history, goal)
            line[f"best {_sought(goal)}"] = "-" if best is None else best[1]
        lines.append(line)
    return pd.DataFrame(lines), best


def _sought(goal: Goal) -> str:
    return goal.properties[0].name if goal.plain is not None else "score"


def _best(lab: Lab, history: History, goal: Goal) -> tuple[str, str] | None:
    """The best molecule, and its value or score; None if no score can be told of what was measured alone.

    A censored value counts as its bound where that is the least that it is worth, and elsewhere not at all.
    """
    if any(wanted.source == "predicted" and wanted.name not in lab.properties for wanted in goal.properties):
        return None
    wanted = MeasuredGoal(goal, lab.properties)
    plain = None if goal.plain is None else goal.plain.plain_goal()
    values = np.where(history.low == history.high, history.low, np.nan)
    if plain is not None and plain.direction != "target":
        values = history.low if plain.direction == "maximize" else history.high
        values = np.where(np.isinf(values), np.nan, values)
    scores = wanted.scores(values.T, wanted.computed(history.smiles))
    if np.isnan(scores).all():
        return None
    row = int(np.nanargmax(scores))
    if plain is None:
        return history.smiles[row], f"{scores[row]:.3f}"
    column = lab.properties.index(plain.property_name)
    return history.smiles[row], shown_bounds(
        float(history.low[row, column]), float(history.high[row, column])
    )


def _foreseen(
    lab: Lab, rounds: Sequence[Entry], histories: Sequence[History], batches: Sequence[Entry]
) -> pd.DataFrame:
    """How far what was predicted of suggested molecules was from what their first round gave."""
    predicted = {row["smiles"]: row for batch in batches for row in batch.rows}
    lines = []
    for entry, before, history in zip(rounds, histories[:-1], histories[1:], strict=True):
        rows = [
            row
            for row, (smiles, number) in enumerate(zip(history.smiles, history.rounds, strict=True))
            if number == entry.number and smiles in predicted
        ]
        for column, name in enumerate(lab.properties):
            said = [predicted[history.smiles[row]] for row in rows]
            means, spreads = (
                _numbers([line[key] for line in said])
                for key in (f"predicted_{name}", f"predicted_{name}_spread")
            )
            low, high = history.low[rows, column], history.high[rows, column]
            told = ~np.isnan(means) & ~np.isnan(low)
            if not told.any():
                continue
            errors = errors_of(low[told], high[told], means[told], spreads[told])
            known_before = before.low[:, column][before.low[:, column] == before.high[:, column]]
            is_known = told & (low == high)
            of_mean = np.nan
            if len(known_before) and is_known.any():
                of_mean = float(np.sqrt(np.mean((low[is_known] - known_before.mean()) ** 2)))
            described = _described(errors._replace(rmse_of_mean=of_mean), "RMSE of the mean before")
            lines.append({"round": entry.number, "property": name} | described)
    return pd.DataFrame(lines)


def _numbers(cells: Sequence[str]) -> FloatArray:
    return np.array([float(cell) if cell else np.nan for cell in cells], dtype=np.float64)
