"""Real and generated vectors in, how well the one set is covered by the other out.

For latents or for any features of molecules, both sets `(N, D)` and `(M, D)` in the same space. A ball around
each real vector reaches to its kth nearest real neighbor.

Source: Naeem et al. 2020 (arXiv 2002.09797).
"""

from typing import NamedTuple

import numpy as np
from sklearn.neighbors import NearestNeighbors

from molvae.evaluation.scales import neighbor_distances
from molvae.interfaces import FloatArray

NUM_NEIGHBORS = 5


class Coverage(NamedTuple):
    """How two sets of vectors lie to each other.

    Attributes:
        density: how many balls a generated vector lies in, divided by k: about 1 if both sets are alike,
            above 1 if the generated ones keep to where real ones are dense, 0 where no real ones are.
        coverage: the share of real vectors in whose ball a generated one lies, 0 to 1.
        expected_coverage: the coverage by as many vectors that are drawn as the real ones are.
    """

    density: float
    coverage: float
    expected_coverage: float


def density_and_coverage(
    real: FloatArray, generated: FloatArray, num_neighbors: int = NUM_NEIGHBORS
) -> Coverage:
    """Returns density and coverage (section 3) of generated vectors `(M, D)` over real ones `(N, D)`.

    Args:
        real: such as the codes of molecules.
        generated: such as draws of a prior.
        num_neighbors: k, which neighbor the balls reach to.

    Raises:
        InputError: there are not more real vectors than neighbors.

    Example:
        >>> line = np.arange(20.0)[:, None]
        >>> density_and_coverage(line, line + 1000, 2).coverage
        0.0
    """
    radii = neighbor_distances(real, num_neighbors)
    generated = np.asarray(generated, np.float64)
    nearest, _ = NearestNeighbors(n_neighbors=1).fit(generated).kneighbors(np.asarray(real, np.float64))
    num_within = 0
    for vector, radius in zip(np.asarray(real, np.float64), radii, strict=True):
        num_within += int((((generated - vector) ** 2).sum(axis=1) < radius**2).sum())
    return Coverage(
        density=num_within / (num_neighbors * len(generated)),
        coverage=float((nearest[:, 0] < radii).mean()),
        expected_coverage=_expected_coverage(len(real), len(generated), num_neighbors),
    )


def _expected_coverage(num_real: int, num_generated: int, num_neighbors: int) -> float:
    """Returns the mean coverage where both sets are draws of one distribution, whichever it is.

    The nearest k of a vector's N - 1 + M others must all be real for its ball to hold no generated one.
    """
    places = np.arange(num_neighbors)
    return float(1 - np.prod((num_real - 1 - places) / (num_real + num_generated - 1 - places)))
