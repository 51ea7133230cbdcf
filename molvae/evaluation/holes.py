"""Places in a latent space in, whether anything is there out: what a latent decodes to is encoded again.

A place is a hole if the model's own encoder puts what is decoded there somewhere else. The decoder and the
encoder come as plain functions, so that any model can be measured, and a linear one by hand.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from molvae.errors import InputError
from molvae.interfaces import FloatArray

#: Latents `(B, L)` to SMILES, "" for one that decodes to no molecule.
Decode = Callable[[FloatArray], Sequence[str]]
#: SMILES to latents `(B, L)`, a row of NaN for one that can't be read.
Encode = Callable[[Sequence[str]], FloatArray]

MaskArray = npt.NDArray[np.bool_]


class RoundTrip(NamedTuple):
    """What becomes of `N` places that are decoded, encoded, and decoded once more.

    Attributes:
        latents: the places, `(N, L)`.
        smiles: what was decoded there, `N`; "" for no molecule.
        latents_again: where the encoder puts that, `(N, L)`; NaN for what it can't read.
        smiles_again: what is decoded there, `N`; "" for no molecule, or none to decode.
    """

    latents: FloatArray
    smiles: list[str]
    latents_again: FloatArray
    smiles_again: list[str]

    @property
    def cycle_lengths(self) -> npt.NDArray[np.float64]:
        """How far each place is from where it comes back, `(N,)`, in the latents' unit; NaN if it doesn't."""
        return np.linalg.norm(self.latents_again - self.latents, axis=1).astype(np.float64)


def round_trip(latents: FloatArray, decode: Decode, encode: Encode) -> RoundTrip:
    """Returns what becomes of places `(N, L)`; the encoder is asked for what is a molecule only.

    Example:
        >>> trip = round_trip(np.array([[1.2]]), lambda z: ["C"], lambda smiles: np.array([[1.0]]))
        >>> trip.smiles, trip.cycle_lengths.round(1).tolist(), trip.smiles_again
        (['C'], [0.2], ['C'])
    """
    smiles = list(decode(latents))
    again = np.full(latents.shape, np.nan)
    written = np.array([text != "" for text in smiles], dtype=np.bool_)
    if written.any():
        again[written] = encode([text for text in smiles if text])
    is_read = np.isfinite(again).all(axis=1)
    smiles_again = [""] * len(smiles)
    if is_read.any():
        for place, text in zip(np.flatnonzero(is_read).tolist(), decode(again[is_read]), strict=True):
            smiles_again[place] = text
    return RoundTrip(latents, smiles, again, smiles_again)


def cycle_errors(trip: RoundTrip, neighbor_distance: float) -> npt.NDArray[np.float64]:
    """Returns |encode(decode(z)) - z| of each place `(N,)` in units of the distance of neighbors.

    Above 1, another molecule may well be nearer to z than the one that is decoded there. NaN where nothing
    was decoded, or nothing that can be encoded: state their share beside the mean of the others.

    Args:
        trip: what became of the places.
        neighbor_distance: the median distance of neighboring molecules (`latent_scale`).

    Raises:
        InputError: the unit is not above 0.
    """
    if not neighbor_distance > 0:
        raise InputError(f'the unit of length is "{neighbor_distance}": give a distance above 0')
    return trip.cycle_lengths / neighbor_distance


def idempotence(trip: RoundTrip) -> MaskArray:
    """Returns for each molecule x' = decode(z) whether decode(encode(x')) is x', `(M,)`.

    Of the `M` places only where a molecule was decoded at all. One that the encoder can't read does not
    come back. The mean is the share of molecules of which the decoder can be trusted to mean them.

    Example:
        >>> again = np.array([[0.0], [0.0], [np.nan]])
        >>> idempotence(RoundTrip(np.zeros((3, 1)), ["CC", "CO", ""], again, ["CC", "CC", ""])).tolist()
        [True, False]
    """
    pairs = zip(trip.smiles, trip.smiles_again, strict=True)
    return np.array([before == after for before, after in pairs if before], dtype=np.bool_)
