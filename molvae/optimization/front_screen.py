"""Candidates in, those that may enlarge the front out: a process an aim, and the hypervolume to expect.

What the front leaves of the space of aims is filled with points. A candidate gets each as often as its aims,
drawn from the processes, are better in all of them; what one is chosen for, the next can't be. An aim that
is known without a call is taken as it is.

Source: Emmerich et al. 2006 (IEEE Trans. Evol. Comput. 10, 421), expected hypervolume improvement; here by
draws, and greedily over a batch.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, qmc

from molvae.interfaces import FloatArray
from molvae.optimization.features import GrowingFeatures, features_of
from molvae.optimization.molecule_process import KERNELS, Kernel, MoleculeProcess
from molvae.optimization.objectives import KnownAim
from molvae.optimization.pareto import Standings, fronts
from molvae.optimization.screening import MIN_SCORED, Quotas, learned_from

#: Points in the space of aims: a power of 2, as Sobol's sequence wants.
NUM_POINTS = 1024


class FrontScreen:
    """What was told of several aims, as a judge of what was not.

    Args:
        seed_generator: draws who is learned from.
        aims: for each of `K` aims what gives it, `(B,)`, of SMILES that were not scored, where that needs no
            call; else None.
        kernels: what may tell molecules' similarity.

    Attributes:
        scores: where each molecule that was told stands among all of them (`Standings`), in their order.
    """

    def __init__(
        self,
        seed_generator: np.random.Generator,
        aims: Sequence[KnownAim | None],
        kernels: tuple[Kernel, ...] = KERNELS,
    ) -> None:
        self._generator = seed_generator
        self._known_aims = aims
        self._kernels = kernels
        self._scored = GrowingFeatures()
        self._standings = Standings()
        self.scores: Mapping[str, float] = {}
        self._aims_seen: set[tuple[float, ...]] = set()
        self._firsts: set[str] = set()
        self._points: FloatArray = qmc.Sobol(len(aims), seed=0).random(NUM_POINTS)

    def tell(self, smiles: Sequence[str], aims: FloatArray) -> None:
        """Learns finite aims `(B, K)` of valid SMILES, none of which was told before."""
        self._scored.add(smiles)
        self._standings.tell(smiles, aims)
        for text, row in zip(smiles, aims.tolist(), strict=True):
            if tuple(row) not in self._aims_seen:
                self._aims_seen.add(tuple(row))
                self._firsts.add(text)
        self.scores = self._standings.scores

    def has_enlarged(self, smiles: str) -> bool:
        """Whether a molecule that was told is on the front, and was the first with its aims."""
        return self.scores[smiles] >= -1 and smiles in self._firsts

    def choose(self, smiles: Sequence[str], num_chosen: int, quotas: Quotas | None = None) -> list[int]:
        """Places of the most promising of valid SMILES; arguments are those of `Screen.choose`."""
        quotas = Quotas.without_kinds(len(smiles)) if quotas is None else quotas
        if num_chosen == 0 or self._is_answer().sum() < MIN_SCORED or quotas.num_left <= num_chosen:
            return quotas.take_first(num_chosen)
        chances = self._chances(smiles, self._open_points())
        is_open = np.ones(chances.shape[1])
        chosen: list[int] = []
        for _ in range(num_chosen):
            best = quotas.take(int(np.where(quotas.open(), chances @ is_open, -np.inf).argmax()))
            is_open = is_open * (1 - chances[best])
            chosen.append(best)
        return chosen

    def _is_answer(self) -> npt.NDArray[np.bool_]:
        """Which of those told break no constraint; aims below 0 say nothing of what their likes have."""
        if not self.scores:
            return np.zeros(0, dtype=np.bool_)
        return np.asarray((self._standings.aims >= 0).all(axis=1))

    def _open_points(self) -> FloatArray:
        """Points `(M, K)` that nothing told has: none is as good in all aims.

        They fill the smallest box around what is left, so they lie the closer the less that is. Where a
        molecule has all of every aim but one, nothing is left below what it has of that one.
        """
        aims = self._standings.aims
        front = aims[fronts(aims) == 1]
        lowest = np.zeros(aims.shape[1])
        for column in range(len(lowest)):
            has_all_others = (np.delete(front, column, axis=1) >= 1).all(axis=1)
            lowest[column] = front[has_all_others, column].max(initial=0.0)
        points = lowest + (1 - lowest) * self._points
        is_had = (front[:, None, :] >= points).all(axis=2).any(axis=0)
        return points[~is_had]

    def _chances(self, smiles: Sequence[str], points: FloatArray) -> FloatArray:
        """How likely each of `B` molecules has each point `(M, K)`, `(B, M)`: is better in every aim."""
        answers = np.flatnonzero(self._is_answer())
        scores = np.array(list(self.scores.values()))
        rows = answers[learned_from(scores[answers], self._generator)]
        aims = self._standings.aims[rows]
        learned, asked = self._scored.rows(rows), features_of(smiles)
        chances = np.ones((len(smiles), len(points)))
        for column, (values, known_aim) in enumerate(zip(points.T, self._known_aims, strict=True)):
            if known_aim is not None:
                chances *= known_aim(smiles)[:, None] > values
                continue
            targets = aims[:, column]
            center, deviation = targets.mean(), max(float(targets.std()), 1e-6)
            process = MoleculeProcess(learned, (targets - center) / deviation, self._kernels)
            mean, spread = process.predict(asked)
            above = (center + deviation * mean)[:, None] - values
            chances *= norm.cdf(above / (deviation * spread)[:, None])
        return chances
