"""Molecules and radii in, how alike what is decoded at each radius is to the molecule in the middle out.

Radii are in the latents' own unit; `molvae.evaluation.scales` has the units to state them in.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from molvae.errors import InputError
from molvae.evaluation.holes import Decode
from molvae.evaluation.pairs import pair_similarities
from molvae.interfaces import FloatArray

HALF = 0.5
#: A step out of the latent space is at most so many times as long as the radius; and halved so often.
MOST_STEPS, NUM_HALVINGS = 64, 30

#: Latents `(N, L)` to the nearest ones in a latent space.
Nearest = Callable[[FloatArray], FloatArray]


def random_directions(num_directions: int, latent_dim: int, seed: int = 0) -> npt.NDArray[np.float64]:
    """Returns directions `(num_directions, latent_dim)` of length 1, all equally likely.

    Source: Muller, Commun. ACM 2 (1959) 19.

    Example:
        >>> np.linalg.norm(random_directions(2, 50), axis=1).round(6).tolist()
        [1.0, 1.0]
    """
    draws = np.random.default_rng(seed).standard_normal((num_directions, latent_dim))
    return draws / np.linalg.norm(draws, axis=1, keepdims=True)


def places_around(
    centers: FloatArray, directions: FloatArray, radius: float, nearest: Nearest | None = None
) -> FloatArray:
    """Returns places `(N, L)` at a distance from centers `(N, L)`, each in a direction of length 1.

    In a latent space that not all latents lie in, such as a sphere, a step out of it ends at the nearest
    place in it, and so nearer by. There steps are as long as it takes for the mean distance to be the radius,
    or as the space allows.

    Args:
        centers: in the latent space.
        directions: `(N, L)`.
        radius: in the latents' unit.
        nearest: latents to the nearest ones in the latent space; None where all lie in it.

    Example:
        >>> def on_circle(latents):
        ...     return latents / np.linalg.norm(latents, axis=1, keepdims=True)
        >>> east, north = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])
        >>> places_around(east, north, 1.0, on_circle).round(2).tolist()  # not 45 degrees, but 60
        [[0.5, 0.87]]
    """
    if nearest is None or radius == 0:
        return centers + radius * directions

    def places(step: float) -> FloatArray:
        return nearest(centers + step * directions)

    def distance(step: float) -> float:
        return float(np.linalg.norm(places(step) - centers, axis=1).mean())

    low, high = 0.0, radius
    while distance(high) < radius and high < MOST_STEPS * radius:
        low, high = high, 2 * high
    for _ in range(NUM_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if distance(middle) < radius else (low, middle)
    return places(high)


def similarity_by_radius(
    smiles: Sequence[str],
    centers: FloatArray,
    radii: Sequence[float],
    decode: Decode,
    *,
    num_directions: int,
    seed: int = 0,
    nearest: Nearest | None = None,
) -> npt.NDArray[np.float32]:
    """Returns the Tanimoto similarity to its source of what is decoded at each radius around it.

    Each molecule has directions of its own, the same at all radii; what decodes to no molecule is like
    nothing (0), and at the radius 0 the similarity is 1 where the model gives the molecule back. To leave
    aside what a model does not give back, take for the molecules what it decodes at the centers.

    Args:
        smiles: `N` molecules.
        centers: their latents, `(N, L)`.
        radii: `R` distances from the centers, in the latents' unit.
        decode: latents to SMILES.
        num_directions: `D`, how many around each molecule.
        seed: of the directions.
        nearest: latents to those that they are decoded as, where not all there are lie in the latent space;
            the radii are of these (`places_around`).

    Returns:
        Similarities `(R, N, D)`, 0 to 1.

    Raises:
        InputError: there are not as many molecules as centers.
    """
    if len(smiles) != len(centers):
        raise InputError(f'"{len(smiles)}" SMILES have "{len(centers)}" centers: give one for each')
    num_molecules, latent_dim = centers.shape
    directions = random_directions(num_molecules * num_directions, latent_dim, seed)
    middles = np.repeat(centers, num_directions, axis=0)
    sources = [text for text in smiles for _ in range(num_directions)]
    found = [
        pair_similarities(sources, decode(places_around(middles, directions, radius, nearest)))
        for radius in radii
    ]
    return np.stack(found).reshape(len(radii), num_molecules, num_directions)


def half_radius(radii: Sequence[float], similarities: FloatArray) -> float:
    """Returns r50, the smallest radius at which the median similarity falls below .5.

    The medians of the radii are joined by straight lines. It is infinite if none is below .5. If the first
    one is, it is 0 at the radius 0, and NaN at any other, as it may then lie anywhere below: begin at 0.

    Args:
        radii: `R`, ascending.
        similarities: `(R, ...)`, as of `similarity_by_radius`; medians are over all but the first axis.

    Raises:
        InputError: there is no similarity for each radius, or the radii do not ascend.

    Example:
        >>> half_radius([0.0, 1.0, 2.0], np.array([[1.0], [0.8], [0.4]]))
        1.75
    """
    lengths = np.asarray(radii, dtype=np.float64)
    if len(lengths) != len(similarities) or len(lengths) == 0 or (np.diff(lengths) <= 0).any():
        raise InputError(
            f'"{len(similarities)}" rows of similarities at "{len(lengths)}" radii: give one row for each of '
            "some radii that ascend"
        )
    medians = np.median(np.reshape(similarities, (len(lengths), -1)), axis=1)
    below = np.flatnonzero(medians < HALF)
    if len(below) == 0:
        return float("inf")
    place = int(below[0])
    if place == 0:
        return 0.0 if lengths[0] == 0 else float("nan")
    share = (medians[place - 1] - HALF) / (medians[place - 1] - medians[place])
    return float(lengths[place - 1] + share * (lengths[place] - lengths[place - 1]))
