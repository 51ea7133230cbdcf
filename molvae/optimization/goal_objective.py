"""The objective of a goal: canonical SMILES in, scores, every property and every broken constraint out.

With one property and no curve the score is its value, its negative, or minus its distance to the target.
Otherwise it is the weighted geometric mean of desirabilities, from 0 to 1; of a Pareto front the
desirabilities are the aims, and the score says no more than which of its molecules is the most balanced.

A molecule that breaks a constraint is worse than every one that keeps them all: it scores -1 where scores
are desirabilities, and where there is no lowest score it has none, like a failure, which every optimiser
ranks last. Either way the ledger says what it breaks, and the user's oracle is not asked about it. What is
kept and what is not can be told without a score, so optimisers that ask propose hardly anything else.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial

import numpy as np

from molvae.chem.molecules import parse_smiles
from molvae.chem.properties import compute_properties
from molvae.interfaces import FloatArray, LatentModel
from molvae.optimization.constraints import broken_constraints, keeps_all
from molvae.optimization.desirability import overall_desirability
from molvae.optimization.desired_property import COLUMN_PREFIXES, DesiredProperty
from molvae.optimization.goal import Goal
from molvae.optimization.objectives import (
    BROKEN_SCORE,
    Evaluations,
    KnownAim,
    Objective,
    prediction_function,
    similarity_function,
)
from molvae.optimization.plugin_oracle import Answers, PluginOracle

#: Molecules of which it is remembered whether they keep the constraints.
MAX_REMEMBERED = 100_000


@contextmanager
def goal_objective(goal: Goal, model: LatentModel) -> Iterator[Objective]:
    """A context manager that gives the objective of a goal, and ends its oracle's processes.

    The columns of values are QED for a property of RDKit, predicted_QED for one of the model's head,
    lead_similarity for likeness to the goal's leads, and oracle_QED for one of the user's oracle, which also
    leaves those that the goal does not use; and behind desirabilities each has its QED_desirability.

    Raises:
        SettingsError: the head does not predict a property, a curve lacks its ends, or the oracle can't be
            loaded or found.
    """
    evaluation = _Evaluation(goal, model)
    objective = Objective(
        name=goal.name,
        function=evaluation,
        goal=None if goal.plain is None else goal.plain.plain_goal(),
        column=None if goal.plain is None else goal.plain.column,
        parts=None if goal.oracle is None else evaluation.parts,
        aims=goal.aims,
        is_allowed=evaluation.is_allowed,
        known_aims=evaluation.known_aims() if goal.pareto else {},
    )
    if goal.oracle is None:
        yield objective
        return
    columns = [wanted.name for wanted in goal.properties if wanted.source == "oracle"]
    with PluginOracle(goal.oracle, goal.folder, columns) as oracle:
        evaluation.oracle = oracle
        yield objective


class _Evaluation:
    """The function of the objective."""

    def __init__(self, goal: Goal, model: LatentModel) -> None:
        self._goal = goal
        self._checks = goal.constraints.checks()
        self._curves = {} if goal.plain else {wanted.column: wanted.curve() for wanted in goal.properties}
        self._computed = [wanted.name for wanted in goal.properties if wanted.source == "rdkit"]
        self._functions: dict[str, Callable[[Sequence[str]], FloatArray]] = {
            wanted.column: prediction_function(model, wanted.name)
            if wanted.source == "predicted"
            else similarity_function(goal.constraints.leads)
            for wanted in goal.properties
            if wanted.source in ("predicted", "leads")
        }
        self.oracle: PluginOracle | None = None
        # optimizers make the same molecule more than once, and alerts take a millisecond or two
        asked = partial(keeps_all, checks=self._checks)
        self.is_allowed = lru_cache(MAX_REMEMBERED)(asked) if self._checks else None

    def known_aims(self) -> dict[str, KnownAim]:
        """Aims that need no call: likeness to leads and, where an oracle is what costs, all but its own."""
        free = ("leads",) if self._goal.oracle is None else ("leads", "rdkit", "predicted")
        return {
            wanted.desirability_column: partial(self._desirability, wanted)
            for wanted in self._goal.properties
            if wanted.source in free
        }

    def _desirability(self, wanted: DesiredProperty, smiles: Sequence[str]) -> FloatArray:
        """The desirability `(B,)` of a property that no oracle gives."""
        values: FloatArray
        if wanted.source == "rdkit":
            values = compute_properties(smiles, [wanted.name])[:, 0]
        else:
            values = self._functions[wanted.column](smiles)
        return self._curves[wanted.column].desirability(values, wanted.shape)

    def __call__(self, smiles: Sequence[str]) -> Evaluations:
        """Scores, columns and reasons of molecules."""
        reasons = self._broken(smiles)
        kept = [place for place, reason in enumerate(reasons) if not reason]
        answers = None if self.oracle is None else self.oracle([smiles[place] for place in kept])
        return self._evaluations(smiles, reasons, answers)

    def parts(self, smiles: Sequence[str]) -> Iterator[tuple[Sequence[int], Evaluations]]:
        """The same, as the oracle answers; what breaks a constraint comes along with what is after it."""
        assert self.oracle is not None
        reasons = self._broken(smiles)
        kept = [place for place, reason in enumerate(reasons) if not reason]
        broken = [place for place, reason in enumerate(reasons) if reason]
        for rows, answers in self.oracle.parts([smiles[place] for place in kept]):
            asked = [kept[row] for row in rows]
            before = [place for place in broken if place < asked[-1]]
            broken = broken[len(before) :]
            yield self._part(sorted([*asked, *before]), smiles, reasons, answers)
        if broken:
            yield self._part(broken, smiles, reasons, self.oracle([]))

    def _part(
        self, places: Sequence[int], smiles: Sequence[str], broken: Sequence[str], answers: Answers
    ) -> tuple[Sequence[int], Evaluations]:
        some, reasons = [smiles[place] for place in places], [broken[place] for place in places]
        return places, self._evaluations(some, reasons, answers)

    def _broken(self, smiles: Sequence[str]) -> list[str]:
        """Which constraints each molecule breaks; "" for none."""
        return [broken_constraints(parse_smiles(text), self._checks) for text in smiles]

    def _evaluations(
        self, smiles: Sequence[str], broken: Sequence[str], answers: Answers | None
    ) -> Evaluations:
        """What is known of molecules; `answers` are the oracle's of those that break nothing."""
        is_kept = np.array([reason == "" for reason in broken], dtype=np.bool_)
        reasons = list(broken)
        values = self._values(smiles)
        if answers is not None:
            values |= _oracle_values(answers, is_kept, reasons)
        values = {wanted.column: values.pop(wanted.column) for wanted in self._goal.properties} | values
        scores, desirabilities = self._scores(values)
        worst = np.nan if self._goal.plain is not None else BROKEN_SCORE
        for row, reason in enumerate(reasons):
            if is_kept[row] and not reason and np.isnan(scores[row]):
                reasons[row] = self._missing(values, row)
        return Evaluations(np.where(is_kept, scores, worst), values | desirabilities, reasons)

    def _values(self, smiles: Sequence[str]) -> dict[str, FloatArray]:
        """The columns that RDKit, the head and likeness to the leads give."""
        computed = compute_properties(smiles, self._computed)
        values: dict[str, FloatArray] = dict(zip(self._computed, computed.T, strict=True))
        return values | {column: function(smiles) for column, function in self._functions.items()}

    def _scores(self, values: dict[str, FloatArray]) -> tuple[FloatArray, dict[str, FloatArray]]:
        """Scores without regard to constraints, and the columns of desirabilities behind them."""
        if self._goal.plain is not None:
            plain = self._goal.plain.plain_goal()
            assert plain is not None
            return plain.score(values[self._goal.plain.column]), {}
        columns = {
            wanted.desirability_column: self._curves[wanted.column].desirability(
                values[wanted.column], wanted.shape
            )
            for wanted in self._goal.properties
        }
        weights = [wanted.weight for wanted in self._goal.properties]
        return overall_desirability(np.stack(list(columns.values())), weights), columns

    def _missing(self, values: dict[str, FloatArray], row: int) -> str:
        """Which property a molecule has no value of."""
        columns = [wanted.column for wanted in self._goal.properties if np.isnan(values[wanted.column][row])]
        return f"no value of {', '.join(columns)}"


def _oracle_values(
    answers: Answers, is_kept: np.typing.NDArray[np.bool_], reasons: list[str]
) -> dict[str, FloatArray]:
    """The columns that the oracle gave of the molecules that break nothing; `reasons` takes its own."""
    places: list[int] = np.flatnonzero(is_kept).tolist()
    for place, reason in zip(places, answers.reasons, strict=True):
        reasons[place] = f"oracle: {reason}" if reason else ""
    values: dict[str, FloatArray] = {}
    for name, column in answers.columns.items():
        values[COLUMN_PREFIXES["oracle"] + name] = whole = np.full(len(is_kept), np.nan)
        whole[places] = column
    return values
