"""A Gaussian process on molecules: scored molecules in, what to expect of others out.

The covariance of two molecules is a mean of two similarities: the Tanimoto similarity of their fragments, and
one that falls with the distance of their descriptors, as scores of logP or of a formula do. What each counts
for, and how far the second one reaches, are the likeliest of a few choices. A molecule like none that was
scored has the mean and the full spread.

Source: Rasmussen and Williams 2006, algorithm 2.1 and chapter 5; Ralaivola et al. 2005 (the Tanimoto kernel);
Tripp et al. 2021 (its use on fingerprints).
"""

import itertools
from typing import NamedTuple

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.spatial.distance import cdist
from scipy.stats import norm, rankdata

from molvae.chem.fingerprints import tanimoto_of_counts
from molvae.errors import InputError
from molvae.interfaces import FloatArray
from molvae.optimization.features import Features

#: Variance of what the features do not tell, in units of that of the process.
NOISE = 0.05
#: The least spread that descriptors are taken to have, in units of that among molecules of ZINC250k.
LEAST_SPREAD = 0.1


class Kernel(NamedTuple):
    """How two molecules' similarity is told.

    Attributes:
        share: what the similarity of descriptors counts for; the rest is Tanimoto.
        length: the distance, in spreads a descriptor, at which it has fallen to exp(-1/2).
    """

    share: float
    length: float


FRAGMENTS_ALONE = Kernel(0.0, 1.0)
KERNELS = (
    FRAGMENTS_ALONE,
    *itertools.starmap(Kernel, itertools.product((0.25, 0.5, 0.75), (0.5, 1.0, 2.0))),
)


def normal_ranks(scores: FloatArray) -> FloatArray:
    """Scores `(N,)` as the normal quantiles of their ranks; equal scores share one, all equal have 0."""
    quantiles: FloatArray = norm.ppf((rankdata(scores) - 0.5) / len(scores))
    return quantiles


class MoleculeProcess:
    """The posterior given `N` molecules.

    Args:
        features: of the molecules.
        targets: `(N,)`, about mean 0 and variance 1.
        kernels: those that may be chosen.

    Attributes:
        kernel: the likeliest of them.

    Raises:
        InputError: for no molecules, or targets that are not finite or of another number.
    """

    def __init__(
        self, features: Features, targets: FloatArray, kernels: tuple[Kernel, ...] = KERNELS
    ) -> None:
        num_molecules = len(features.counts)
        if len(targets) == 0 or len(targets) != num_molecules or not np.isfinite(targets).all():
            raise InputError(
                f'a process needs a finite target for each molecule: "{num_molecules}" molecules '
                f'have "{int(np.isfinite(targets).sum())}"'
            )
        self._features = features
        self._spreads = np.maximum(features.descriptors.std(axis=0), LEAST_SPREAD)
        tanimoto, squares = self._similarities(features)
        near = {length: _near(squares, length) for length in {kernel.length for kernel in kernels}}
        likeliest = -np.inf
        for kernel in kernels:
            covariance = _covariance(kernel, tanimoto, near[kernel.length])
            covariance[np.diag_indices_from(covariance)] = 1.0 + NOISE
            factor = cho_factor(covariance, lower=True, check_finite=False)
            weights = cho_solve(factor, targets, check_finite=False)
            log_likelihood = -0.5 * float(targets @ weights) - float(np.log(np.diag(factor[0])).sum())
            if log_likelihood > likeliest:
                likeliest, self.kernel = log_likelihood, kernel
                self._factor, self._weights = factor[0], weights

    def predict(self, features: Features) -> tuple[FloatArray, FloatArray]:
        """Means and standard deviations, each `(B,)`, at the features of `B` molecules."""
        tanimoto, squares = self._similarities(features)
        cross = _covariance(self.kernel, tanimoto, _near(squares, self.kernel.length))
        explained = solve_triangular(self._factor, cross.T, lower=True, check_finite=False)
        variance = 1.0 - np.square(explained).sum(axis=0)
        return cross @ self._weights, np.sqrt(np.maximum(variance, 1e-12))

    def _similarities(self, features: Features) -> tuple[FloatArray, FloatArray]:
        """Tanimoto similarities, and mean squared distances of descriptors in spreads, `(B, N)` each."""
        tanimoto = tanimoto_of_counts(features.counts, self._features.counts).astype(np.float64)
        own, others = (one.descriptors / self._spreads for one in (features, self._features))
        squares: FloatArray = cdist(own, others, "sqeuclidean") / own.shape[1]
        return tanimoto, squares


def _near(squares: FloatArray, length: float) -> FloatArray:
    """The similarities of descriptors at mean squared distances."""
    near: FloatArray = np.exp(-0.5 / length**2 * squares)
    return near


def _covariance(kernel: Kernel, tanimoto: FloatArray, near: FloatArray) -> FloatArray:
    """The covariances that a kernel makes of the two similarities."""
    covariance: FloatArray = (1 - kernel.share) * tanimoto + kernel.share * near
    return covariance
