"""Two sets of latents in, whether they could be draws of one distribution out.

For the aggregated posterior against a prior: draws of q(z|x), one a molecule, beside draws of the prior. What
is found at all depends on how many there are, so each measure comes with what two equal sets would give.
"""

import warnings
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist, pdist
from scipy.stats import norm
from sklearn.exceptions import ConvergenceWarning
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from molvae.errors import InputError
from molvae.interfaces import FloatArray

NUM_PERMUTATIONS = 200
#: The network of the two-sample test and the epochs that it learns for, as in the paper.
HIDDEN_UNITS, NUM_EPOCHS = 20, 100


class MeanDiscrepancy(NamedTuple):
    """The squared maximum mean discrepancy of two sets (unitless, 0 to 2).

    Attributes:
        value: unbiased, so that it is about 0, or just below, for two sets of one distribution.
        floor: 95 of 100 ways to part both sets together at random give less.
        p_value: the share of those ways that give as much as the value.
        bandwidth: of the kernel, in the latents' unit.
    """

    value: float
    floor: float
    p_value: float
    bandwidth: float


class ClassifierTest(NamedTuple):
    """How well a classifier tells two sets apart, on the half that it was not trained on.

    Attributes:
        accuracy: .5 for two sets of one distribution, 1 for two without overlap.
        standard_error: of the accuracy, over the choice of the half.
        p_value: how likely so high an accuracy would be if the sets had one distribution.
    """

    accuracy: float
    standard_error: float
    p_value: float


def median_bandwidth(vectors: FloatArray) -> float:
    """Returns the median Euclidean distance of all pairs of vectors `(N, D)`, the usual width of a kernel.

    Source: Gretton et al., J. Mach. Learn. Res. 13 (2012) 723, section 8.

    Example:
        >>> median_bandwidth(np.array([[0.0], [1.0], [3.0]]))
        2.0
    """
    return float(np.median(pdist(vectors)))


def squared_mmd(left: FloatArray, right: FloatArray, bandwidth: float) -> float:
    """Returns the unbiased squared maximum mean discrepancy of `(N, D)` and `(M, D)`, unitless.

    With the kernel k(x, y) = exp(-|x - y|^2 / (2 bandwidth^2)): the mean over pairs within the left, plus
    that within the right, less twice that between both; a vector is no pair with itself.

    Raises:
        InputError: a set has fewer than two vectors.

    Source: Gretton et al., J. Mach. Learn. Res. 13 (2012) 723, eq. 3.
    """
    kernel = _kernel(_pooled(left, right), bandwidth)
    return float(_mmds(kernel, _is_left(len(left), len(right)))[0])


def mean_discrepancy(
    left: FloatArray, right: FloatArray, *, num_permutations: int = NUM_PERMUTATIONS, seed: int = 0
) -> MeanDiscrepancy:
    """Returns the squared discrepancy with the median bandwidth of both sets, and what chance would give.

    The memory is about 8 (N + M)^2 bytes: some 2,000 vectors of each are enough.

    Args:
        left: `(N, D)`.
        right: `(M, D)`.
        num_permutations: how often the two are parted at random.
        seed: of the parting.

    Raises:
        InputError: a set has fewer than two vectors, or all vectors are the same.

    Source: Gretton et al., J. Mach. Learn. Res. 13 (2012) 723, eq. 3; the p-value by permutation.
    """
    pooled = _pooled(left, right)
    bandwidth = median_bandwidth(pooled)
    if bandwidth == 0:
        raise InputError("half of all pairs of latents are the same: a kernel needs latents that differ")
    kernel = _kernel(pooled, bandwidth)
    is_left = _is_left(len(left), len(right))
    value = float(_mmds(kernel, is_left)[0])
    generator = np.random.default_rng(seed)
    parted = np.stack([generator.permutation(is_left[0]) for _ in range(num_permutations)])
    by_chance = _mmds(kernel, parted)
    p_value = (1 + int((by_chance >= value).sum())) / (1 + num_permutations)
    return MeanDiscrepancy(value, float(np.quantile(by_chance, 0.95)), p_value, bandwidth)


def _kernel(vectors: FloatArray, bandwidth: float) -> npt.NDArray[np.float64]:
    """Returns the kernel of all pairs `(N, N)`, with 0 for those of a vector with itself."""
    kernel: npt.NDArray[np.float64] = np.exp(-cdist(vectors, vectors, "sqeuclidean") / (2 * bandwidth**2))
    np.fill_diagonal(kernel, 0)
    return kernel


def _mmds(kernel: npt.NDArray[np.float64], is_left: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Returns the squared discrepancies `(P,)` of ways `(P, N + M)` to part the vectors: 1 left, 0 right."""
    num_left = int(is_left[0].sum())
    num_right = is_left.shape[1] - num_left
    to_left = is_left @ kernel
    within_left = (to_left * is_left).sum(axis=1)
    between = to_left.sum(axis=1) - within_left
    within_right = kernel.sum() - within_left - 2 * between
    means = within_left / (num_left * (num_left - 1)) + within_right / (num_right * (num_right - 1))
    discrepancies: npt.NDArray[np.float64] = means - 2 * between / (num_left * num_right)
    return discrepancies


def _pooled(left: FloatArray, right: FloatArray) -> npt.NDArray[np.float64]:
    if min(len(left), len(right)) < 2:
        raise InputError(
            f'sets of "{len(left)}" and "{len(right)}" latents can\'t be compared: give at least two each'
        )
    return np.concatenate([left, right]).astype(np.float64)


def _is_left(num_left: int, num_right: int) -> npt.NDArray[np.float64]:
    return np.concatenate([np.ones(num_left), np.zeros(num_right)])[None]


def network_test(left: FloatArray, right: FloatArray, seed: int = 0) -> ClassifierTest:
    """Returns how well a network with one hidden layer of 20 units tells `(N, D)` from `(M, D)`.

    Of the larger set as many are drawn as the smaller has. Half of all train the classifier, standardised by
    their own mean and spread, half test it.

    Raises:
        InputError: a set has fewer than two vectors.

    Source: Lopez-Paz and Oquab 2017 (arXiv 1610.06545), section 3 (C2ST-NN).
    """
    network = MLPClassifier((HIDDEN_UNITS,), max_iter=NUM_EPOCHS, random_state=seed)
    return _classifier_test(network, left, right, seed)


def neighbor_test(left: FloatArray, right: FloatArray, seed: int = 0) -> ClassifierTest:
    """Returns how well the nearest neighbors of a vector tell `(N, D)` from `(M, D)`: as many as sqrt(N).

    As `network_test` otherwise. Neighbors see what differs from place to place, such as clumps and gaps.

    Raises:
        InputError: a set has fewer than two vectors.

    Source: Lopez-Paz and Oquab 2017 (arXiv 1610.06545), section 3 (C2ST-KNN).
    """
    num_neighbors = max(1, int(np.sqrt(min(len(left), len(right)))))
    return _classifier_test(KNeighborsClassifier(num_neighbors), left, right, seed)


def _classifier_test(classifier: Any, left: FloatArray, right: FloatArray, seed: int) -> ClassifierTest:
    """Returns what a classifier of scikit-learn makes of it."""
    generator = np.random.default_rng(seed)
    size = min(len(left), len(right))
    chosen = [rows[generator.permutation(len(rows))[:size]] for rows in (left, right)]
    vectors, labels = _pooled(*chosen), np.repeat([0, 1], size)
    order = generator.permutation(2 * size)
    train, test = order[:size], order[size:]
    if len(set(labels[train])) < 2:  # of two or three vectors each
        raise InputError(f'"{size}" latents of each set are too few to train a classifier on')
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it learns for a fixed time
        fitted = make_pipeline(StandardScaler(), classifier).fit(vectors[train], labels[train])
    accuracy = float((fitted.predict(vectors[test]) == labels[test]).mean())
    error = float(np.sqrt(accuracy * (1 - accuracy) / size))
    # Under the null hypothesis the accuracy is about N(1/2, 1 / (4 n)) (theorem 1).
    return ClassifierTest(accuracy, error, float(norm.sf((accuracy - 0.5) * np.sqrt(4 * size))))
