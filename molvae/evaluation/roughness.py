"""Latents and a property in, how rough the property's landscape is out: whether neighbors have like values.

Molecules are joined, the nearest first, until all are one cluster, and each takes the mean value of its
cluster. On a smooth landscape the values keep their spread for long, on a rough one it is lost at once.
"""

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import complete
from scipy.integrate import trapezoid
from scipy.spatial.distance import pdist

from molvae.errors import InputError
from molvae.interfaces import FloatArray

_Doubles = npt.NDArray[np.float64]


def normalized_distances(latents: FloatArray) -> _Doubles:
    """Returns the distances of all pairs of latents `(N, L)`, as SciPy lists them, `(N (N - 1) / 2,)`.

    In units of the diagonal of the box that holds all latents, so that none is above 1.

    Raises:
        InputError: all latents are the same.

    Example:
        >>> normalized_distances(np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 0.0]])).tolist()
        [1.0, 0.6, 0.8]
    """
    diagonal = float(np.linalg.norm(np.ptp(latents, axis=0)))
    if diagonal == 0:
        raise InputError(f'all "{len(latents)}" latents are the same: there is no landscape')
    distances: _Doubles = pdist(latents) / diagonal
    return distances.clip(0, 1)


def roughness_index(distances: FloatArray, values: FloatArray) -> float:
    """Returns ROGI (unitless, 0 to 1): how much spread the values lose while distances grow from 0 to 1.

    Twice the area between the spread of the values and that of the cluster means, joined by straight lines,
    over the distance at which clusters are joined (complete linkage); the values are scaled to 0 to 1.
    Near 0 for a smooth landscape. In many dimensions all distances are alike, which makes it small: compare
    spaces of one dimension only, or see `roughness_index_xd`.

    Args:
        distances: of all pairs, 0 to 1, as of `normalized_distances`.
        values: of the property, `(N,)`.

    Raises:
        InputError: distances and values do not fit, all values are the same, or a distance is above 1.

    Source: Aldeghi et al., J. Chem. Inf. Model. 62 (2022) 4660 (arXiv 2207.09250).

    Example:
        >>> roughness_index(np.array([0.5]), np.array([0.0, 7.0]))
        0.75
    """
    heights, _, spreads = _coarse_grained(distances, values)
    if heights[-1] > 1:
        raise InputError(f'a distance is "{heights[-1]}", at most 1 is possible: give normalized distances')
    return float(spreads[0] - trapezoid([*spreads, 0.0], [*heights, 1.0]))


def roughness_index_xd(distances: FloatArray, values: FloatArray) -> float:
    """Returns ROGI-XD (unitless, 0 to 1): ROGI over the number of clusters in place of the distance.

    The axis is 1 - ln(clusters) / ln(molecules), from 0 to 1; neither the scale of the latents nor their
    number, which makes distances alike, is in it. So spaces of different dimensions can be compared.

    Args:
        distances: of all pairs, in any unit, as SciPy's `pdist` lists them.
        values: of the property, `(N,)`.

    Raises:
        InputError: distances and values do not fit, or all values are the same.

    Source: Graff et al. 2023 (arXiv 2305.08238).

    Example:
        >>> roughness_index_xd(np.array([0.5]), np.array([0.0, 7.0]))
        0.5
    """
    _, num_clusters, spreads = _coarse_grained(distances, values)
    return float(spreads[0] - trapezoid(spreads, 1 - np.log(num_clusters) / np.log(len(values))))


def _coarse_grained(distances: FloatArray, values: FloatArray) -> tuple[_Doubles, _Doubles, _Doubles]:
    """Returns the distances at which clusters are joined, how many are left, and twice the spread then.

    The first of each is 0, N and that of the molecules themselves; what is joined at one distance is joined
    at once.
    """
    num_molecules = len(values)
    if num_molecules < 2 or len(distances) != num_molecules * (num_molecules - 1) // 2:
        raise InputError(
            f'"{len(distances)}" distances are not those of all pairs of "{num_molecules}" molecules: give '
            "them as scipy's pdist does"
        )
    if not np.ptp(values) > 0:
        raise InputError(f'all "{num_molecules}" values are the same: there is no landscape')
    scaled = (np.asarray(values, np.float64) - np.min(values)) / np.ptp(values)
    joined = complete(np.asarray(distances, np.float64))
    means, sizes = list(scaled), [1.0] * num_molecules
    variances = [float(scaled.var())]
    for left, right in joined[:, :2].astype(int):
        size = sizes[left] + sizes[right]
        # What the clusters' means lose of their squares about the common mean when two become one.
        lost = sizes[left] * sizes[right] / size * (means[left] - means[right]) ** 2
        variances.append(variances[-1] - lost / num_molecules)
        means.append((sizes[left] * means[left] + sizes[right] * means[right]) / size)
        sizes.append(size)
    heights = joined[:, 2]
    is_last = np.append(heights[1:] > heights[:-1], True)
    spreads = 2 * np.sqrt(np.clip(variances, 0, None))
    num_left = np.arange(num_molecules - 1, 0, -1.0)
    return (
        np.append(0.0, heights[is_last]),
        np.append(float(num_molecules), num_left[is_last]),
        np.append(spreads[0], spreads[1:][is_last]),
    )
