"""The oracle's ledger: a CSV with one row a call, appended as calls happen and read back after a crash.

Columns: call, smiles, score, values (a JSON object), operator, parent, error, objective. An empty score is
a failure; an error beside a score is a constraint that the molecule breaks. A last line that a crash cut
short is dropped: its call is made again.
"""

import csv
import io
import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from molvae.errors import InputError
from molvae.optimization.constraints import CONSTRAINTS
from molvae.optimization.pareto import fronts
from molvae.whole_files import write_whole

COLUMNS = ["call", "smiles", "score", "values", "operator", "parent", "error", "objective"]


@dataclass(frozen=True, kw_only=True)
class OracleCall:
    """One molecule that the objective was run on.

    Attributes:
        number: 1 for the first call.
        smiles: canonical SMILES.
        score: higher is better; NaN for a failure.
        values: what the score was made of, by name.
        operator: what proposed the molecule.
        parent: the SMILES it came from, "" for none.
        error: why there is no score, or no better one; "" for no reason.
    """

    number: int
    smiles: str
    score: float
    values: dict[str, float]
    operator: str
    parent: str
    error: str

    @property
    def breaks_constraint(self) -> bool:
        """Whether `error` says what constraints it breaks (`constraints.broken_constraints`)."""
        return self.error.partition(":")[0].partition(";")[0] in CONSTRAINTS

    @property
    def has_failed(self) -> bool:
        """Whether it has no score though it breaks no constraint."""
        return math.isnan(self.score) and not self.breaks_constraint

    @property
    def is_answer(self) -> bool:
        """Whether it has a score, and breaks no constraint."""
        return not math.isnan(self.score) and not self.error

    def aims(self, columns: Sequence[str]) -> list[float]:
        """Its values of some columns: its score for what breaks a constraint or has none."""
        if self.error or math.isnan(self.score):
            return [self.score] * len(columns)
        return [self.values.get(name, math.nan) for name in columns]


def call_fronts(calls: Sequence[OracleCall], columns: Sequence[str]) -> npt.NDArray[np.int64]:
    """The front of each call by some of its values, `(N,)`, the best 1 (see `pareto`); 0 for no answer."""
    aims = np.array([call.aims(columns) for call in calls], dtype=np.float64).reshape(len(calls), -1)
    is_known = np.isfinite(aims).all(axis=1) & np.array([call.is_answer for call in calls], dtype=np.bool_)
    found = np.zeros(len(calls), dtype=np.int64)
    found[is_known] = fronts(aims[is_known])
    return found


def ranked_calls(calls: Sequence[OracleCall], columns: Sequence[str]) -> list[OracleCall]:
    """The calls with a score, the best first, the earlier one of equals; by aims, front by front."""
    scored = [call for call in calls if not math.isnan(call.score)]
    keys = [np.array([-call.score for call in scored])]
    if columns:
        of_front = call_fronts(scored, columns)
        keys.append(np.where(of_front == 0, np.inf, of_front))
    return [scored[row] for row in np.lexsort(keys)]


def append_calls(path: Path, objective_name: str, calls: Sequence[OracleCall]) -> None:
    """Adds calls at the end of a ledger, creating it with its header, and hands them to the disk."""
    with path.open("a", encoding="utf-8", newline="") as file:
        header = [COLUMNS] if file.tell() == 0 else []
        file.write(_as_csv([*header, *(_to_row(call, objective_name) for call in calls)]))
        file.flush()
        os.fsync(file.fileno())


def _as_csv(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _to_row(call: OracleCall, objective_name: str) -> list[str]:
    score = "" if math.isnan(call.score) else repr(float(call.score))
    values = json.dumps({name: None if math.isnan(value) else value for name, value in call.values.items()})
    return [
        str(call.number),
        call.smiles,
        score,
        values,
        call.operator,
        call.parent,
        call.error,
        objective_name,
    ]


def read_calls(path: Path, objective_name: str) -> list[OracleCall]:
    """The calls of a ledger that is to be gone on with, in order; none if there is no such file.

    An unfinished last line is cut off the file.

    Raises:
        InputError: for another objective's ledger, or a file that is no ledger.
    """
    if not path.exists():
        return []
    content = path.read_bytes()
    calls = _calls_in(content, path, objective_name)
    finished = content.rfind(b"\n") + 1
    if finished < len(content):
        with path.open("r+b") as file:
            file.truncate(finished)
    return calls


def forget_failures(path: Path, objective_name: str) -> int:
    """Takes the calls that have failed out of a ledger, if there is one, and returns their number.

    What is left is numbered anew.

    Raises:
        InputError: for another objective's ledger, or a file that is no ledger.
        CheckpointError: the ledger can't be written; it is as it was.
    """
    calls = read_calls(path, objective_name)
    scored = [call for call in calls if not call.has_failed]
    if len(scored) < len(calls):
        numbered = [replace(call, number=number) for number, call in enumerate(scored, start=1)]
        text = _as_csv([COLUMNS, *(_to_row(call, objective_name) for call in numbered)])
        write_whole({path: text.encode()}, remedy="the ledger is as it was: make room")
    return len(calls) - len(scored)


def calls_so_far(path: Path, objective_name: str) -> list[OracleCall]:
    """The finished calls of a ledger that may still be written to, in order; the file is left as it is.

    Raises:
        InputError: for another objective's ledger, or a file that is no ledger.
    """
    return _calls_in(path.read_bytes(), path, objective_name)


def _calls_in(content: bytes, path: Path, objective_name: str) -> list[OracleCall]:
    header = (",".join(COLUMNS) + "\n").encode()
    if not (content.startswith(header) or header.startswith(content)):
        raise InputError(
            f'"{path}" is no oracle ledger: its first line should be "{",".join(COLUMNS)}"; '
            "choose another path"
        )
    finished = content[: content.rfind(b"\n") + 1]
    rows = list(csv.reader(finished.decode("utf-8", errors="replace").splitlines()))[1:]
    return [_from_row(row, path, number, objective_name) for number, row in enumerate(rows, start=1)]


def _from_row(row: list[str], path: Path, number: int, objective_name: str) -> OracleCall:
    try:
        call, smiles, score, values, operator, parent, error, objective = row
        entry = OracleCall(
            number=int(call),
            smiles=smiles,
            score=float(score) if score else math.nan,
            values={
                name: math.nan if value is None else float(value)
                for name, value in json.loads(values).items()
            },
            operator=operator,
            parent=parent,
            error=error,
        )
    except (ValueError, AttributeError, TypeError) as problem:
        raise InputError(
            f'row {number} of the oracle ledger "{path}" can\'t be read ({problem}): '
            "mend it or choose another path"
        ) from problem
    if objective != objective_name:
        raise InputError(
            f'the oracle ledger "{path}" was written for the objective "{objective}", not "{objective_name}" '
            f"(row {number}): choose another path"
        )
    if entry.number != number:
        raise InputError(
            f'row {number} of the oracle ledger "{path}" is call "{entry.number}": '
            "mend it or choose another path"
        )
    return entry
