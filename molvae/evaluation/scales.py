"""Latents in, the lengths that every radius and distance among them is stated in out.

The codes of an autoencoder may have any scale, those of a VAE have about that of N(0, I): a radius of 1 is a
different thing in each. Two units make them comparable: the spread of the codes, and the distance of
neighbors.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.neighbors import NearestNeighbors

from molvae.errors import InputError
from molvae.interfaces import FloatArray


class LatentScale(NamedTuple):
    """Two units of length in a latent space.

    Attributes:
        spread: root mean square over the latents of their standard deviation.
        neighbor_distance: the median distance from a molecule's latents to those of the nearest other one.
        num_molecules: that both were measured on; neighbors are the nearer the more there are.
    """

    spread: float
    neighbor_distance: float
    num_molecules: int


def latent_scale(latents: FloatArray) -> LatentScale:
    """Returns the units of length of latents `(N, L)`.

    Compare models on the same molecules only: the distance of neighbors depends on which and how many there
    are.

    Raises:
        InputError: there are fewer than two molecules.

    Example:
        >>> latent_scale(np.array([[0.0], [1.0], [4.0], [5.0]])).neighbor_distance
        1.0
    """
    return LatentScale(
        spread=latent_spread(latents),
        neighbor_distance=float(np.median(neighbor_distances(latents))),
        num_molecules=len(latents),
    )


def latent_spread(latents: FloatArray) -> float:
    """Returns the root mean square over the latents `(N, L)` of their standard deviation.

    A draw of noise of this spread a latent has the length of the spread times sqrt(L).

    Example:
        >>> latent_spread(np.array([[3.0, 5.0], [-3.0, -1.0]]))
        3.0
    """
    return float(np.sqrt(np.var(latents, axis=0, dtype=np.float64).mean()))


def neighbor_distances(latents: FloatArray, num_neighbors: int = 1) -> npt.NDArray[np.float64]:
    """Returns the Euclidean distance `(N,)` of each row of `(N, L)` to its nearest other row, or kth.

    Copies of a row are other rows, at the distance 0.

    Raises:
        InputError: there are not more rows than neighbors.
    """
    if len(latents) <= num_neighbors:
        raise InputError(
            f'"{len(latents)}" latents have no "{num_neighbors}" neighbors each: give more molecules'
        )
    # Without rows to ask for, scikit-learn leaves each row out of its own neighbors.
    distances, _ = (
        NearestNeighbors(n_neighbors=num_neighbors).fit(np.asarray(latents, np.float64)).kneighbors()
    )
    return distances[:, -1]
