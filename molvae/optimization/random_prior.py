"""The baseline: molecules decoded from the prior, never learning from a score."""

from collections.abc import Callable, Sequence

import numpy as np

from molvae.interfaces import FloatArray, LatentModel, Proposals
from molvae.optimization.memory import Memory

PRIOR = "prior"
#: Draws that are made at a time and at most, where only some are wanted.
DRAWN_AT_A_TIME, MAX_DRAWN = 64, 1_600


class RandomPrior:
    """An `Optimizer` that scores the starting molecules, then draws from the prior.

    Args:
        model: samples and decodes.
        seed: of the draws.
        starts: SMILES to score first.

    Raises:
        MoleculeError: for a start that can't be parsed or encoded.
    """

    def __init__(self, model: LatentModel, seed: int, starts: Sequence[str] = ()) -> None:
        self._model = model
        self._generator = np.random.default_rng(seed)
        self._memory = Memory(model, starts)

    def ask(self, num_proposals: int) -> Proposals:
        """The starting molecules, then `num_proposals` draws, as they come."""
        starts = self._memory.ask_starts(num_proposals)
        return starts or prior_proposals(self._model, num_proposals, self._generator)

    def tell(self, proposals: Proposals, scores: FloatArray) -> None:
        """Learns nothing."""


def prior_proposals(model: LatentModel, num_proposals: int, generator: np.random.Generator) -> Proposals:
    """Molecules decoded from `num_proposals` draws of the prior, "" where a draw decodes to none."""
    latents = model.sample_latents(num_proposals, generator)
    return Proposals(
        smiles=model.decode(latents),
        latents=latents,
        operator=[PRIOR] * num_proposals,
        parents=[""] * num_proposals,
    )


def wanted_draws(
    model: LatentModel, num_proposals: int, generator: np.random.Generator, is_wanted: Callable[[str], bool]
) -> Proposals:
    """At most `num_proposals` draws of the prior that are wanted, none twice; none where those are rare."""
    found: dict[str, FloatArray] = {}
    for _ in range(MAX_DRAWN // DRAWN_AT_A_TIME):
        drawn = prior_proposals(model, DRAWN_AT_A_TIME, generator)
        assert drawn.latents is not None
        for smiles, latent in zip(drawn.smiles, drawn.latents, strict=True):
            if len(found) < num_proposals and smiles and smiles not in found and is_wanted(smiles):
                found[smiles] = latent
        if len(found) == num_proposals:
            break
    return Proposals(
        smiles=list(found),
        latents=np.array(list(found.values())).reshape(-1, model.latent_dim),
        operator=[PRIOR] * len(found),
        parents=[""] * len(found),
    )
