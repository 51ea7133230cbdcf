"""Molecules that might be suggested: what an evolution makes of the best measured ones, and fresh draws.

The first generation comes of what was measured; in each further one what a judge hopes most of may be a
parent too. None was measured or suggested before, and none breaks a constraint.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from molvae.interfaces import FloatArray, LatentModel, Proposals
from molvae.optimization.constraints import Check, keeps_all
from molvae.optimization.evolution import Evolution
from molvae.optimization.judge import Judge
from molvae.optimization.measured_goal import MeasuredGoal
from molvae.optimization.moves import Candidate, FreshDraws
from molvae.optimization.random_prior import PRIOR
from molvae.progress import Progress
from molvae.studies.lab.intake import as_read_back

#: Generations, and times that fresh draws are made while nothing is measured.
NUM_GENERATIONS = 4


class Known(NamedTuple):
    """What is known of `N` molecules before a batch is chosen.

    Attributes:
        smiles: measured ones.
        scores: `(N,)`; NaN for one that no elite is to be.
        operators: what proposed each, "" for nothing.
        pending: suggested ones that are not measured yet.
    """

    smiles: list[str]
    scores: FloatArray
    operators: list[str]
    pending: list[str]


class Pool(NamedTuple):
    """Candidates.

    Attributes:
        molecules: those that keep the constraints; parents are measured ones.
        num_broken: how many more there were that don't.
    """

    molecules: list[Candidate]
    num_broken: int


def make_candidates(
    model: LatentModel,
    known: Known,
    judge: Judge,
    goal: MeasuredGoal,
    checks: Sequence[Check],
    num_candidates: int,
    seed: int,
) -> Pool:
    """About `num_candidates` candidates, fewer where hardly any are new or keep the constraints.

    `checks` are those that each has to pass.
    """
    makers = _Makers(model, known, seed)
    pool: dict[str, Candidate] = {}
    num_broken = 0
    num_made = -(-num_candidates // NUM_GENERATIONS)
    with Progress(NUM_GENERATIONS, "making candidates") as bar:
        for _ in range(NUM_GENERATIONS):
            fresh = makers.make(num_made)
            kept = [one for one in fresh if keeps_all(one.smiles, checks)]
            num_broken += len(fresh) - len(kept)
            pool |= {one.smiles: one for one in kept}
            makers.learn(fresh, _hopes([one.smiles for one in fresh], set(pool), judge, goal))
            bar.update(1)
    measured = set(known.smiles)
    return Pool([_with_measured_parent(one, pool, measured) for one in pool.values()], num_broken)


class _Makers:
    """An evolution that was told what is known, or draws of the prior where nothing is."""

    def __init__(self, model: LatentModel, known: Known, seed: int) -> None:
        self._seen = {*known.smiles, *known.pending}
        self._draws = FreshDraws(model, np.random.default_rng(seed))
        self._evolution: Evolution | None = None
        if not np.isnan(known.scores).all():
            smiles = [*known.smiles, *known.pending]
            self._evolution = Evolution(model, [], seed)
            self._evolution.tell(
                Proposals(smiles, None, [*known.operators, *[""] * len(known.pending)], [""] * len(smiles)),
                np.concatenate([known.scores, np.full(len(known.pending), np.nan)]),
            )

    def make(self, num_made: int) -> list[Candidate]:
        """New molecules as they will be read back, each only once in all."""
        if self._evolution is None:
            made = self._draws.make(PRIOR, num_made)
        else:
            made = self._evolution.candidates(num_made, num_made // 2)
        fresh = []
        for one, found in zip(made, as_read_back([one.smiles for one in made]), strict=True):
            if not found.reason and found.smiles not in self._seen:
                self._seen.add(found.smiles)
                fresh.append(one._replace(smiles=found.smiles))
        return fresh

    def learn(self, made: Sequence[Candidate], hopes: FloatArray) -> None:
        """Takes what is hoped of molecules `(B,)`, NaN for those that are to be no parents."""
        if self._evolution is not None and made:
            proposals = Proposals(
                [one.smiles for one in made],
                None,
                [one.operator for one in made],
                [one.parent for one in made],
            )
            self._evolution.tell(proposals, hopes)


def _hopes(smiles: list[str], kept: set[str], judge: Judge, goal: MeasuredGoal) -> FloatArray:
    """What may well come of molecules, `(B,)`; NaN of those that are not kept."""
    hopes = np.full(len(smiles), np.nan)
    rows = [row for row, text in enumerate(smiles) if text in kept]
    if rows:
        chosen = [smiles[row] for row in rows]
        outlook = judge.expect(chosen)
        hopes[rows] = goal.hopes(outlook.means, outlook.spreads, goal.computed(chosen))
    return hopes


def _with_measured_parent(one: Candidate, pool: dict[str, Candidate], measured: set[str]) -> Candidate:
    """The candidate with the measured molecule that it descends from, "" if a draw of the prior is first."""
    parent = one.parent
    while parent and parent not in measured:
        parent = pool[parent].parent if parent in pool else ""
    return one._replace(parent=parent)
