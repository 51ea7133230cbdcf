"""The counted black box: an objective behind a cache, an exact budget, and a ledger on disk.

In: SMILES, and who proposed them. Out: scores, NaN for failures, and a history of every call.

Only molecules that the objective has not seen cost a call. A repeat is free, in whatever spelling, and so
are a text that is no molecule, and a molecule that may be no answer, unless the search was to begin there. A
molecule on which the objective fails has cost its call.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from molvae.chem.molecules import canonical_or_empty
from molvae.errors import SettingsError
from molvae.interfaces import FloatArray
from molvae.optimization.ledger import (
    OracleCall,
    append_calls,
    call_fronts,
    forget_failures,
    read_calls,
)
from molvae.optimization.memory import START
from molvae.optimization.objectives import Evaluations, Objective

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class _Outcome:
    """What the objective gave for one molecule."""

    score: float
    values: dict[str, float]
    error: str = ""


class BudgetedOracle:
    """An `Oracle` that never calls its objective on more than `budget` unique molecules.

    Asked for more new molecules than `remaining`, it scores the first of them and gives NaN for the rest.
    Every result is in the ledger as soon as it is known, in the order in which an oracle's processes answer
    where there are several, so an interrupted run loses none: an oracle on the same file starts with those
    results in its cache, and counts them against the budget. A search that goes on asks for all of them
    again before anything new; one that does not is another search, and that is said.

    Args:
        objective: what to compute.
        budget: the number of unique molecules it may be computed on, counting those in the ledger.
        ledger_path: a CSV to append to and to read back; None keeps the history in memory only.
        retry_failed: take the calls without a score out of the ledger first, so that they are made again.

    Raises:
        SettingsError: for a budget below 1.
        InputError: for a ledger of another objective, or one that is no ledger.
    """

    def __init__(
        self,
        objective: Objective,
        budget: int,
        ledger_path: Path | None = None,
        *,
        retry_failed: bool = False,
    ) -> None:
        if budget < 1:
            raise SettingsError(f'the oracle budget is "{budget}": give at least 1 call')
        self.objective = objective
        self.budget = budget
        self._ledger_path = ledger_path
        num_forgotten = 0
        if retry_failed and ledger_path is not None:
            num_forgotten = forget_failures(ledger_path, objective.name)
            logger.info("%d molecules without a score may be scored again", num_forgotten)
        self._history: list[OracleCall] = (
            [] if ledger_path is None else read_calls(ledger_path, objective.name)
        )
        self._calls = {call.smiles: call for call in self._history}
        # after failures were forgotten it is another search on purpose
        self._not_asked_again = set() if num_forgotten else set(self._calls)
        if self._history:
            logger.info("%d scored molecules read from %s", len(self._history), ledger_path)

    @property
    def remaining(self) -> int:
        """Calls left in the budget."""
        return max(0, self.budget - len(self._history))

    @property
    def history(self) -> tuple[OracleCall, ...]:
        """Every call so far, oldest first, those read from the ledger included."""
        return tuple(self._history)

    @property
    def best(self) -> OracleCall | None:
        """The call of the best molecule that breaks no constraint, the first of equals; None without one."""
        answers = [call for call in self._history if call.is_answer]
        return max(answers, key=lambda call: call.score, default=None)

    @property
    def calls_since_best(self) -> int:
        """How many calls were made after that of the best molecule; all of them while nothing has a score.

        Where there are several aims, after the last one that came onto the front, and had not the very aims
        of one that was there.
        """
        if self.objective.aims:
            rows = np.flatnonzero(call_fronts(self._history, self.objective.aims) == 1)
            aims = np.array([self._history[row].aims(self.objective.aims) for row in rows.tolist()])
            firsts = np.unique(aims, axis=0, return_index=True)[1] if len(rows) else rows
            return len(self._history) - (int(rows[firsts].max()) + 1 if len(rows) else 0)
        best = self.best
        return len(self._history) - (0 if best is None else best.number)

    def aims(self, smiles: Sequence[str]) -> FloatArray:
        """The aims of molecules that were scored, `(B, K)`; NaN for any other, and for what has no score."""
        calls = [self._calls.get(canonical_or_empty(text)) for text in smiles]
        missing = [np.nan] * len(self.objective.aims)
        rows = [missing if call is None else call.aims(self.objective.aims) for call in calls]
        return np.array(rows, dtype=np.float64).reshape(len(smiles), -1)

    def curve(self) -> FloatArray:
        """The best score after each call, `(calls,)`; NaN before the first score."""
        scores = np.array([call.score if call.is_answer else np.nan for call in self._history])
        return np.fmax.accumulate(scores) if len(scores) else scores

    def __call__(
        self,
        smiles: Sequence[str],
        operators: Sequence[str] | None = None,
        parents: Sequence[str] | None = None,
    ) -> FloatArray:
        """Scores of molecules, `(B,)`: NaN for no molecule, a failed one, and one beyond the budget.

        NaN too for what may be no answer, about which the objective is not asked; of a start it is, so that
        the ledger says what is wrong with it.

        Args:
            smiles: `B` SMILES in any spelling.
            operators: what made each one, for the ledger; `START` for what the search was to begin at.
            parents: the SMILES that each one came from, for the ledger.
        """
        operators = [""] * len(smiles) if operators is None else operators
        parents = [""] * len(smiles) if parents is None else parents
        canonical = [canonical_or_empty(text) for text in smiles]
        new: dict[str, tuple[str, str]] = {}
        for text, operator, parent in zip(canonical, operators, parents, strict=True):
            is_new = bool(text) and text not in self._calls and text not in new and len(new) < self.remaining
            if is_new and (operator == START or self._may_be_answer(text)):
                new[text] = (operator, parent)
        self._tell_if_other_search(canonical, is_new=bool(new))
        self._score_new(new)
        return np.array(
            [self._calls[text].score if text in self._calls else np.nan for text in canonical],
            dtype=np.float64,
        )

    def __contains__(self, smiles: str) -> bool:
        """Whether a molecule was asked about, in any spelling."""
        return canonical_or_empty(smiles) in self._calls

    def _may_be_answer(self, smiles: str) -> bool:
        return self.objective.is_allowed is None or self.objective.is_allowed(smiles)

    def _tell_if_other_search(self, asked: Sequence[str], *, is_new: bool) -> None:
        """Warns, once, of something new before all that the ledger held was asked for again."""
        self._not_asked_again.difference_update(asked)
        if is_new and self._not_asked_again:
            logger.warning(
                "the search went another way than %s: %d molecules there were not proposed again. The file "
                "holds two searches, as where molvae or the machine is another; begin a new folder for one",
                self._ledger_path,
                len(self._not_asked_again),
            )
            self._not_asked_again.clear()

    def _score_new(self, new: dict[str, tuple[str, str]]) -> None:
        """Runs the objective on unseen molecules, and records what came of each as soon as it is known."""
        for outcomes in _evaluated(self.objective, list(new)) if new else ():
            self._record(outcomes, new)

    def _record(self, outcomes: dict[str, _Outcome], new: dict[str, tuple[str, str]]) -> None:
        calls = [
            OracleCall(
                number=number,
                smiles=smiles,
                score=outcome.score,
                values=outcome.values,
                operator=new[smiles][0],
                parent=new[smiles][1],
                error=outcome.error,
            )
            for number, (smiles, outcome) in enumerate(outcomes.items(), start=len(self._history) + 1)
        ]
        if self._ledger_path is not None:
            append_calls(self._ledger_path, self.objective.name, calls)
        self._history.extend(calls)
        self._calls.update((call.smiles, call) for call in calls)


def _evaluated(objective: Objective, smiles: Sequence[str]) -> Iterator[dict[str, _Outcome]]:
    """What the objective gives for each of some molecules, part by part as it is known.

    Where it fails the rest is asked for molecule by molecule, so that one can't spoil the others.
    """
    waiting = dict.fromkeys(smiles)
    try:
        for places, evaluations in objective.in_parts(smiles):
            part = [smiles[place] for place in places]
            yield dict(zip(part, _outcomes(evaluations, len(part)), strict=True))
            for text in part:
                del waiting[text]
    except SettingsError:  # a mistake in what was asked for, and the same for every molecule
        raise
    except Exception as error:  # noqa: BLE001  an objective may be anyone's code
        if len(smiles) > 1:
            for text in waiting:
                yield from _evaluated(objective, [text])
            return
        logger.warning('the objective "%s" failed on "%s": %s', objective.name, smiles[0], error)
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        yield {smiles[0]: _Outcome(score=np.nan, values={}, error=reason)}


def _outcomes(evaluations: Evaluations, num_molecules: int) -> list[_Outcome]:
    """Evaluations of a batch, one molecule a row; an infinite score counts as a failure."""
    scores = np.asarray(evaluations.scores, dtype=np.float64)
    columns = {name: np.asarray(column, dtype=np.float64) for name, column in evaluations.values.items()}
    for array in (scores, *columns.values()):
        if array.shape != (num_molecules,):
            raise ValueError(
                f"expected one number for each of {num_molecules} molecules, got shape {array.shape}"
            )
    reasons = evaluations.reasons or [""] * num_molecules
    outcomes = []
    for row, (score, reason) in enumerate(zip(scores.tolist(), reasons, strict=True)):
        values = {name: float(column[row]) for name, column in columns.items()}
        if np.isfinite(score):
            outcomes.append(_Outcome(score=score, values=values, error=reason))
        else:
            outcomes.append(_Outcome(score=np.nan, values=values, error=reason or f"the score is {score}"))
    return outcomes
