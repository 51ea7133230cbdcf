"""What makes new molecules of those that were scored: the moves of an evolution, by name.

In: the memory of what was scored. Out: candidates, of which a screen then chooses those to be scored.
"""

from typing import NamedTuple, Protocol

import numpy as np

from molvae.interfaces import FloatArray, LatentModel
from molvae.optimization.random_prior import PRIOR


class Candidate(NamedTuple):
    """A molecule that might be scored.

    Attributes:
        smiles: canonical SMILES; "" where a move came to nothing.
        latent: `(L,)`, what it was decoded from; None if no latent was behind it.
        operator: what made it.
        parent: the SMILES of the molecule that it came from, "" for none.
    """

    smiles: str
    latent: FloatArray | None
    operator: str
    parent: str


class Moves(Protocol):
    """Operators that belong together."""

    @property
    def operators(self) -> tuple[str, ...]:
        """Their names."""
        ...

    def make(self, operator: str, num_candidates: int) -> list[Candidate]:
        """Candidates by one of the operators, known and unknown ones; fewer where elites can't be moved."""
        ...

    def learn(self, num_scored: int) -> None:
        """Learns from what the memory holds, now that so many more molecules have a score."""
        ...

    def forget(self) -> None:
        """Forgets what was learned, as nothing better comes of it."""
        ...


class FreshDraws:
    """Draws of the model's prior, whatever was scored.

    Args:
        model: samples and decodes.
        generator: of the draws.
    """

    operators = (PRIOR,)

    def __init__(self, model: LatentModel, generator: np.random.Generator) -> None:
        self._model = model
        self._generator = generator

    def make(self, operator: str, num_candidates: int) -> list[Candidate]:
        """As many as are asked for."""
        latents = self._model.sample_latents(num_candidates, self._generator)
        smiles = self._model.decode(latents)
        return [Candidate(text, latent, operator, "") for text, latent in zip(smiles, latents, strict=True)]

    def learn(self, num_scored: int) -> None:
        """Nothing."""

    def forget(self) -> None:
        """Nothing."""
