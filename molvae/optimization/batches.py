"""Many candidates in, a batch of them out that is worth measuring together.

Each place goes to the candidate that is expected to improve most on the best so far, given that all chosen
before it will come out as predicted: so what is like them has less left to tell. And none is chosen that is
too similar to one of the batch.

Source: Ginsbourger, Le Riche and Carraro 2010, the kriging believer.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from molvae.chem.fingerprints import morgan_bits, tanimoto_matrix
from molvae.chem.molecules import parse_smiles
from molvae.interfaces import FloatArray
from molvae.optimization.judge import Outlook
from molvae.optimization.measured_goal import MeasuredGoal


class Batch(NamedTuple):
    """A batch, in the order it was chosen: places among the candidates, and each one's improvement alone."""

    places: list[int]
    improvements: FloatArray


def choose_batch(
    goal: MeasuredGoal,
    smiles: Sequence[str],
    outlook: Outlook,
    best: float,
    num_chosen: int,
    *,
    max_similarity: float,
    num_pending: int = 0,
) -> Batch:
    """The batch, of fewer than `num_chosen` where candidates that differ enough run out.

    Args:
        goal: what improves.
        smiles: `M` valid SMILES: those under way already, and then the candidates.
        outlook: what is to be expected of them.
        best: the score to improve on.
        num_chosen: the size of the batch.
        max_similarity: the most that two of a batch may be alike (ECFP4 Tanimoto, 2,048 bits).
        num_pending: how many are under way: they are believed too, and kept away from.
    """
    fingerprints = morgan_bits([parse_smiles(text) for text in smiles])
    computed = goal.computed(smiles)
    # Without a value there is no mean: then every molecule is as good, and the unknown ones are chosen.
    means = np.where(np.isnan(outlook.means), 0.0, outlook.means)
    expected = goal.scores(means, computed)
    believed = _Beliefs(outlook)
    is_left = ~np.isnan(expected)
    chosen: list[int] = []
    alone: FloatArray = np.zeros(len(smiles))

    def take(place: int) -> None:
        nonlocal best
        believed.add(place)
        alike = tanimoto_matrix(fingerprints[place][None], fingerprints)[0]
        is_left[alike > max_similarity + 1e-6] = False
        is_left[place] = False
        if not np.isnan(expected[place]):
            best = max(best, float(expected[place]))

    for place in range(num_pending):
        take(place)
    while len(chosen) < num_chosen and is_left.any():
        improvements = goal.improvements(means, believed.spreads, computed, best)
        if not chosen:
            alone = improvements
        # Of those that promise nothing the best comes first.
        order = np.lexsort((expected, np.where(is_left, improvements, -1.0)))
        chosen.append(int(order[-1]))
        take(chosen[-1])
    return Batch([place - num_pending for place in chosen], alone[chosen])


class _Beliefs:
    """Covariances that shrink where a molecule is believed to come out as predicted; means stay."""

    def __init__(self, outlook: Outlook) -> None:
        self._covariances = outlook.covariances.copy()
        self._noises = outlook.noises

    @property
    def spreads(self) -> FloatArray:
        """Standard deviations `(P, M)`."""
        variances = np.diagonal(self._covariances, axis1=1, axis2=2)
        return np.sqrt(np.maximum(variances, 0.0))

    def add(self, place: int) -> None:
        """Conditions on one molecule."""
        for covariance, noise in zip(self._covariances, self._noises, strict=True):
            column = covariance[:, place].copy()
            covariance -= np.outer(column, column) / (column[place] + noise)
