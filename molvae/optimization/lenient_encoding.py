"""Molecules in, latents out, also where the model can't read some of them."""

from collections.abc import Sequence

import numpy as np

from molvae.errors import MoleculeError
from molvae.interfaces import FloatArray, LatentModel


def encode_or_keep(model: LatentModel, smiles: Sequence[str], latents: FloatArray) -> FloatArray:
    """The encodings `(B, L)` of molecules, and for those that can't be encoded the latents `(B, L)` given.

    A batch that the model refuses is halved until it doesn't: one molecule costs few calls more, many of them
    up to twice as many as asking one by one.
    """
    if len(smiles) == 0:
        return latents
    try:
        return model.encode(smiles)
    except MoleculeError:
        if len(smiles) == 1:
            return latents
    half = len(smiles) // 2
    sides = (slice(half), slice(half, None))
    return np.concatenate([encode_or_keep(model, smiles[side], latents[side]) for side in sides])


def encode_readable(model: LatentModel, smiles: Sequence[str]) -> FloatArray:
    """The encodings `(B, L)` of molecules, NaN for one that can't be encoded."""
    return encode_or_keep(model, smiles, np.full((len(smiles), model.latent_dim), np.nan))
