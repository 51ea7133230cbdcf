"""Many candidate molecules in, the few that are worth an oracle call out, judged by what was scored.

A Gaussian process learns the best molecules and as many random ones; each place in a batch goes to the
candidate of the highest upper bound, with a width that is drawn anew for each, from trust to curiosity.
What a process thinks of a molecule says nothing of who made it, so each maker has a quota of the batch.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from molvae.interfaces import FloatArray
from molvae.optimization.features import GrowingFeatures, features_of
from molvae.optimization.molecule_process import KERNELS, Kernel, MoleculeProcess, normal_ranks

#: Scored molecules that are learned from at most: the best, and others.
MAX_BEST, MAX_OTHERS = 500, 300
MIN_SCORED = 10


def learned_from(scores: FloatArray, generator: np.random.Generator) -> npt.NDArray[np.int64]:
    """The rows of the best by scores `(N,)`, and some of the rest."""
    order = np.lexsort((generator.uniform(size=len(scores)), -scores))
    best, rest = order[:MAX_BEST], order[MAX_BEST:]
    others = generator.permutation(rest)[:MAX_OTHERS]
    rows: npt.NDArray[np.int64] = np.sort(np.concatenate([best, others]))
    return rows


class Quotas:
    """Which candidates may still be chosen: so many of each kind, and others when those run out.

    Args:
        kinds: of each candidate.
        wanted: a kind for each place in the batch.
    """

    def __init__(self, kinds: Sequence[str], wanted: Sequence[str]) -> None:
        self._kinds = list(kinds)
        self._is_left = np.ones(len(kinds), dtype=np.bool_)
        self._wanted = Counter(wanted)

    @classmethod
    def without_kinds(cls, num_candidates: int) -> "Quotas":
        """Any candidate may be chosen."""
        return cls([""] * num_candidates, [])

    @property
    def num_left(self) -> int:
        """How many were not chosen yet."""
        return int(self._is_left.sum())

    def open(self) -> npt.NDArray[np.bool_]:
        """Which candidates `(N,)` may be chosen next."""
        is_wanted = self._is_left & np.array([self._wanted[kind] > 0 for kind in self._kinds], dtype=np.bool_)
        return is_wanted if is_wanted.any() else self._is_left

    def take(self, place: int) -> int:
        """Chooses a candidate, and returns its place."""
        self._is_left[place] = False
        self._wanted[self._kinds[place]] -= 1
        return place

    def take_first(self, num_taken: int) -> list[int]:
        """Chooses the first ones that may be; all that are left where those are fewer."""
        return [self.take(int(self.open().argmax())) for _ in range(min(num_taken, self.num_left))]


class Screen:
    """What was scored, as a judge of what was not.

    Args:
        seed_generator: draws who is learned from, and how curious each choice is.
        kernels: what may tell molecules' similarity.
    """

    def __init__(self, seed_generator: np.random.Generator, kernels: tuple[Kernel, ...] = KERNELS) -> None:
        self._generator = seed_generator
        self._kernels = kernels
        self._scored = GrowingFeatures()
        self._scores: list[float] = []

    def tell(self, smiles: Sequence[str], scores: FloatArray) -> None:
        """Learns finite scores `(B,)` of valid SMILES."""
        self._scored.add(smiles)
        self._scores.extend(scores.tolist())

    def choose(self, smiles: Sequence[str], num_chosen: int, quotas: Quotas | None = None) -> list[int]:
        """Places of the most promising of valid SMILES; the first ones while little is known.

        Args:
            smiles: the candidates.
            num_chosen: how many of those that may be chosen; all where there are no more.
            quotas: which may be; all unless told.
        """
        quotas = Quotas.without_kinds(len(smiles)) if quotas is None else quotas
        if num_chosen == 0 or len(self._scores) < MIN_SCORED or quotas.num_left <= num_chosen:
            return quotas.take_first(num_chosen)
        scores = np.array(self._scores)
        rows = learned_from(scores, self._generator)
        process = MoleculeProcess(self._scored.rows(rows), normal_ranks(scores[rows]), self._kernels)
        means, spreads = process.predict(features_of(smiles))
        return [
            quotas.take(int(np.where(quotas.open(), means + curiosity * spreads, -np.inf).argmax()))
            for curiosity in np.abs(self._generator.standard_normal(num_chosen)).tolist()
        ]
