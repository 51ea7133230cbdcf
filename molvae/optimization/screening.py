"""Many candidate molecules in, the few that are worth an oracle call out, judged by what was scored.

A Gaussian process learns the best molecules and as many random ones; each place in a batch goes to the
candidate of the highest upper bound, with a width that is drawn anew for each, from trust to curiosity.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from molvae.chem.fingerprints import CountArray
from molvae.interfaces import FloatArray
from molvae.optimization.tanimoto_process import (
    NUM_BITS,
    TanimotoProcess,
    count_fingerprints,
    normal_ranks,
)

#: Scored molecules that are learned from at most: the best, and others.
MAX_BEST, MAX_OTHERS = 500, 300
MIN_SCORED = 10


class ScoredFingerprints:
    """The fingerprints of all that was scored, in order.

    Args:
        seed_generator: draws who is learned from.
    """

    def __init__(self, seed_generator: np.random.Generator) -> None:
        self._generator = seed_generator
        self._all: CountArray = np.zeros((256, NUM_BITS), dtype=np.uint32)
        self._num_known = 0

    def add(self, smiles: Sequence[str]) -> None:
        """Adds valid SMILES."""
        end = self._num_known + len(smiles)
        while end > len(self._all):
            self._all = np.concatenate([self._all, np.zeros_like(self._all)])
        if smiles:
            self._all[self._num_known : end] = count_fingerprints(smiles)
        self._num_known = end

    @property
    def fingerprints(self) -> CountArray:
        """Counts `(N, NUM_BITS)`."""
        return self._all[: self._num_known]

    def learned_from(self, scores: FloatArray) -> npt.NDArray[np.int64]:
        """The rows of the best by scores `(N,)`, and some of the rest."""
        order = np.lexsort((self._generator.uniform(size=len(scores)), -scores))
        best, rest = order[:MAX_BEST], order[MAX_BEST:]
        others = self._generator.permutation(rest)[:MAX_OTHERS]
        rows: npt.NDArray[np.int64] = np.sort(np.concatenate([best, others]))
        return rows


class Screen:
    """What was scored, as a judge of what was not.

    Args:
        seed_generator: draws who is learned from, and how curious each choice is.
    """

    def __init__(self, seed_generator: np.random.Generator) -> None:
        self._generator = seed_generator
        self._scored = ScoredFingerprints(seed_generator)
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
        rows = self._scored.learned_from(scores)
        process = TanimotoProcess(self._scored.fingerprints[rows], normal_ranks(scores[rows]))
        means, spreads = process.predict(count_fingerprints(smiles))
        left = np.ones(len(smiles), dtype=np.bool_)
        chosen: list[int] = []
        for curiosity in np.abs(self._generator.standard_normal(num_chosen)).tolist():
            bounds = np.where(left, means + curiosity * spreads, -np.inf)
            chosen.append(int(bounds.argmax()))
            left[chosen[-1]] = False
        return chosen
