"""Parts of fresh draws of the prior, put on good molecules: what these have nothing of.

In: elites of the memory, and the model's prior. Out: elites with a part of a draw. A search that begins at
one molecule or a few has little to cross them with, and finds rings and groups here.
"""

import numpy as np
from rdkit import Chem

from molvae.chem.graph_edits import graft
from molvae.chem.molecules import parse_smiles
from molvae.interfaces import LatentModel
from molvae.optimization.graph_moves import written
from molvae.optimization.memory import Memory
from molvae.optimization.moves import Candidate
from molvae.optimization.random_prior import prior_proposals

GRAFT = "graft"
#: Draws of the prior that parts are taken of, and parts that are taken before they are drawn anew.
NUM_DONORS, USES_OF_DONORS = 200, 1_000


class Grafts:
    """`Moves` that add a part of another molecule.

    Args:
        model: its prior draws the other molecules.
        memory: draws the parents.
        generator: of every random number.
    """

    operators = (GRAFT,)

    def __init__(self, model: LatentModel, memory: Memory, generator: np.random.Generator) -> None:
        self._model = model
        self._memory = memory
        self._generator = generator
        self._donors: list[Chem.Mol] = []
        self._num_uses = 0

    def make(self, operator: str, num_candidates: int) -> list[Candidate]:
        """One for each parent drawn; "" where no graft was found, or one that is too large."""
        parents = self._memory.draw_elites(num_candidates, self._generator)
        return [Candidate(self._grafted(parent), None, operator, parent) for parent in parents]

    def learn(self, num_scored: int) -> None:
        """Nothing; the memory holds the parents."""

    def forget(self) -> None:
        """Nothing."""

    def _grafted(self, parent: str) -> str:
        donors = self._drawn_donors()
        if not donors:
            return ""
        donor = donors[self._generator.integers(len(donors))]
        return written(graft(parse_smiles(parent), donor, self._generator))

    def _drawn_donors(self) -> list[Chem.Mol]:
        """Draws of the prior, new ones after so many uses."""
        if self._num_uses % USES_OF_DONORS == 0:
            drawn = prior_proposals(self._model, NUM_DONORS, self._generator).smiles
            self._donors = [parse_smiles(smiles) for smiles in drawn if smiles]
        self._num_uses += 1
        return self._donors
