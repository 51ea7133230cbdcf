"""The baseline of all searches: molecules of a collection in random order, never learning from a score."""

from collections.abc import Sequence

import numpy as np

from molvae.chem.molecules import canonical_or_empty
from molvae.errors import SettingsError
from molvae.interfaces import FloatArray, Proposals

OPERATOR = "corpus"


class RandomCorpus:
    """An `Optimizer` that proposes the molecules of a collection, each once, then once more from the first.

    Args:
        corpus: SMILES; one that can't be read is proposed as "", which costs nothing.
        seed: of their order.

    Raises:
        SettingsError: for an empty collection.
    """

    def __init__(self, corpus: Sequence[str], seed: int) -> None:
        if not corpus:
            raise SettingsError('the corpus has "0" molecules: give some to draw from')
        self._corpus = corpus
        self._order = np.random.default_rng(seed).permutation(len(corpus))
        self._num_asked = 0

    def ask(self, num_proposals: int) -> Proposals:
        """The next `num_proposals` molecules."""
        places = (self._num_asked + np.arange(num_proposals)) % len(self._order)
        self._num_asked += num_proposals
        return Proposals(
            smiles=[canonical_or_empty(self._corpus[place]) for place in self._order[places].tolist()],
            latents=None,
            operator=[OPERATOR] * num_proposals,
            parents=[""] * num_proposals,
        )

    def tell(self, proposals: Proposals, scores: FloatArray) -> None:
        """Learns nothing."""
