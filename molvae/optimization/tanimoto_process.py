"""A Gaussian process on count fingerprints: scored molecules in, what to expect of others out.

The covariance of two molecules is their Tanimoto similarity, so no length has to be fitted, and a molecule
like none that was scored has the mean and the full spread. Scores count by their ranks alone.

Source: Rasmussen and Williams 2006, algorithm 2.1; Ralaivola et al. 2005 (the kernel); Tripp et al. 2021
(its use on fingerprints).
"""

from collections.abc import Sequence

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.stats import norm, rankdata

from molvae.chem.fingerprints import CountArray, morgan_counts, tanimoto_of_counts
from molvae.chem.molecules import parse_smiles
from molvae.errors import InputError
from molvae.interfaces import FloatArray

NUM_BITS = 1024


def count_fingerprints(smiles: Sequence[str]) -> CountArray:
    """ECFP4 counts `(B, NUM_BITS)` of valid SMILES."""
    return morgan_counts([parse_smiles(text) for text in smiles], num_bits=NUM_BITS)


def normal_ranks(scores: FloatArray) -> FloatArray:
    """Scores `(N,)` as the normal quantiles of their ranks; equal scores share one, all equal have 0."""
    quantiles: FloatArray = norm.ppf((rankdata(scores) - 0.5) / len(scores))
    return quantiles


class TanimotoProcess:
    """The posterior given `N` molecules.

    Args:
        fingerprints: counts `(N, num_bits)`.
        targets: `(N,)`, about mean 0 and variance 1.
        noise: the variance of what the fingerprint does not tell, in units of that of the process.

    Raises:
        InputError: for no molecules, or targets that are not finite or of another number.
    """

    def __init__(self, fingerprints: CountArray, targets: FloatArray, noise: float = 0.05) -> None:
        if len(targets) == 0 or len(targets) != len(fingerprints) or not np.isfinite(targets).all():
            raise InputError(
                f'a process needs a finite target for each molecule: "{len(fingerprints)}" molecules have '
                f'"{int(np.isfinite(targets).sum())}"'
            )
        self._fingerprints = fingerprints
        covariance = tanimoto_of_counts(fingerprints, fingerprints).astype(np.float64)
        covariance[np.diag_indices_from(covariance)] = 1.0 + noise
        self._factor = cho_factor(covariance, lower=True, check_finite=False)
        self._weights = cho_solve(self._factor, targets, check_finite=False)

    def predict(self, fingerprints: CountArray) -> tuple[FloatArray, FloatArray]:
        """Means and standard deviations, each `(B,)`, at count fingerprints `(B, num_bits)`."""
        cross = tanimoto_of_counts(fingerprints, self._fingerprints).astype(np.float64)
        explained = solve_triangular(self._factor[0], cross.T, lower=True, check_finite=False)
        variance = 1.0 - np.square(explained).sum(axis=0)
        return cross @ self._weights, np.sqrt(np.maximum(variance, 1e-12))
