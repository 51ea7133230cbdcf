"""Aims that no score weighs against each other: which molecules are better than which, and how good a set is.

In: aims `(N, K)`, each from 0 to 1 and the higher the better, as desirabilities are. A molecule is dominated
by one that is as good in every aim and better in one; those that none dominates are the front.

Source: Deb et al. 2002 (IEEE Trans. Evol. Comput. 6, 182), fronts and crowding; Zitzler and Thiele 1998
(PPSN V, 292), hypervolume. Computed by moocore (Lopez-Ibanez).
"""

from collections.abc import Mapping, Sequence

import moocore
import numpy as np
import numpy.typing as npt

from molvae.interfaces import FloatArray


def fronts(aims: FloatArray) -> npt.NDArray[np.int64]:
    """The front `(N,)` of each of `(N, K)` aims: 1 where none dominates it, 2 where only those do, and so on.

    Example:
        >>> fronts(np.array([[0.9, 0.1], [0.1, 0.9], [0.5, 0.05], [0.05, 0.01]])).tolist()
        [1, 1, 2, 3]
    """
    if len(aims) == 0:
        return np.zeros(0, dtype=np.int64)
    ranks: npt.NDArray[np.int64] = moocore.pareto_rank(np.asarray(aims, np.float64), maximise=True) + 1
    return ranks


def hypervolume(aims: FloatArray) -> float:
    """The share of all that could be had, 0 to 1, that aims `(N, K)` dominate: 1 if one has all of every aim.

    Example:
        >>> hypervolume(np.array([[0.5, 0.5], [0.25, 0.75]]))
        0.3125
    """
    if len(aims) == 0:
        return 0.0
    return float(moocore.hypervolume(np.asarray(aims, np.float64), ref=0, maximise=True))


def crowding(aims: FloatArray) -> FloatArray:
    """How far each of `(N, K)` aims of one front is from its neighbors on both sides, `(N,)`.

    The sum over the aims, each in units of its range; infinite at the ends.

    Example:
        >>> crowding(np.array([[0.0, 1.0], [0.5, 0.75], [1.0, 0.0]])).tolist()
        [inf, 2.0, inf]
    """
    distances = np.zeros(len(aims))
    for column in np.asarray(aims, np.float64).T:
        order = np.argsort(column, kind="stable")
        reach = column[order[-1]] - column[order[0]]
        distances[order[[0, -1]]] = np.inf
        if reach > 0:
            distances[order[1:-1]] += (column[order[2:]] - column[order[:-2]]) / reach
    return distances


class Standings:
    """Every molecule that was told, in one order: front by front, and within one the least crowded first."""

    def __init__(self) -> None:
        self._aims: dict[str, FloatArray] = {}

    @property
    def aims(self) -> FloatArray:
        """Aims `(N, K)` of all that have a place, in the order in which they were told."""
        return np.array(list(self._aims.values()))

    def tell(self, smiles: Sequence[str], aims: FloatArray) -> None:
        """Adds molecules with aims `(B, K)`; a molecule without all of them has no place."""
        for text, row in zip(smiles, np.asarray(aims, np.float64), strict=True):
            if text and np.isfinite(row).all():
                self._aims.setdefault(text, row)

    @property
    def scores(self) -> Mapping[str, float]:
        """A number for each molecule, the higher the better: minus its front, and up to 1 for its room."""
        aims = self.aims
        of_front = fronts(aims)
        room = np.zeros(len(aims))
        for front in np.unique(of_front):
            rows = np.flatnonzero(of_front == front)
            order = np.argsort(crowding(aims[rows]), kind="stable")
            room[rows[order]] = np.arange(len(rows)) / len(rows)
        return dict(zip(self._aims, (room - of_front).tolist(), strict=True))
