"""Many candidate molecules in, the few that are worth an oracle call out, judged by what was scored.

A Gaussian process learns the best molecules and as many random ones; each place in a batch goes to the
candidate of the highest upper bound, with a width that is drawn anew for each, from trust to curiosity.
"""

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

    def choose(self, smiles: Sequence[str], num_chosen: int) -> list[int]:
        """Places of the `num_chosen` most promising of valid SMILES; the first ones while little is known."""
        if len(self._scores) < MIN_SCORED or len(smiles) <= num_chosen:
            return list(range(min(num_chosen, len(smiles))))
        scores = np.array(self._scores)
        rows = learned_from(scores, self._generator)
        process = MoleculeProcess(self._scored.rows(rows), normal_ranks(scores[rows]), self._kernels)
        means, spreads = process.predict(features_of(smiles))
        left = np.ones(len(smiles), dtype=np.bool_)
        chosen: list[int] = []
        for curiosity in np.abs(self._generator.standard_normal(num_chosen)).tolist():
            bounds = np.where(left, means + curiosity * spreads, -np.inf)
            chosen.append(int(bounds.argmax()))
            left[chosen[-1]] = False
        return chosen
