"""The Gaussian process on fingerprints against scikit-learn's, and what it makes of scores."""

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import Kernel, PairwiseKernel

from molvae.chem.fingerprints import tanimoto
from molvae.errors import InputError
from molvae.interfaces import FloatArray
from molvae.optimization.tanimoto_process import TanimotoProcess, count_fingerprints, normal_ranks
from tests.conftest import DRUGS

SMILES = list(DRUGS.values())


def _similarity(left: FloatArray, right: FloatArray) -> float:
    return float(tanimoto(left.astype(np.uint32), right.astype(np.uint32)[None, :])[0])


def _kernel() -> Kernel:
    """The Tanimoto kernel as scikit-learn takes one, a pair at a time."""

    def metric(left: FloatArray, right: FloatArray, gamma: float = 1.0) -> float:
        return _similarity(left, right)

    return PairwiseKernel(metric=metric, gamma_bounds="fixed")


def test_means_and_spreads_are_those_of_an_exact_process() -> None:
    known, asked = count_fingerprints(SMILES[:12]), count_fingerprints(SMILES[8:20])
    targets = np.random.default_rng(0).standard_normal(12)
    reference = GaussianProcessRegressor(_kernel(), alpha=0.05, optimizer=None)
    reference.fit(known.astype(np.float64), targets)
    expected = reference.predict(asked.astype(np.float64), return_std=True)
    means, spreads = TanimotoProcess(known, targets, noise=0.05).predict(asked)
    np.testing.assert_allclose(means, expected[0], atol=1e-5)
    np.testing.assert_allclose(spreads, expected[1], atol=1e-5)


def test_a_molecule_like_none_that_is_known_has_the_mean_and_the_full_spread() -> None:
    process = TanimotoProcess(count_fingerprints(["c1ccccc1"]), np.array([3.0]))
    means, spreads = process.predict(count_fingerprints(["FC(F)(F)F"]))
    assert (means[0], spreads[0]) == (0.0, 1.0)


def test_scores_count_by_their_ranks_alone() -> None:
    ranks = normal_ranks(np.array([0.0, 1e6, 1.0, 1.0, -5.0]))
    assert ranks.tolist() == pytest.approx(normal_ranks(np.array([2.0, 4.0, 3.0, 3.0, 1.0])).tolist())
    assert ranks[2] == ranks[3]
    assert ranks[1] == pytest.approx(-ranks[4])
    assert ranks[1] == pytest.approx(1.2816, abs=1e-4)  # the quantile of .9
    assert normal_ranks(np.zeros(4)).tolist() == [0.0] * 4


@pytest.mark.parametrize("targets", [[], [1.0], [1.0, np.nan]])
def test_a_molecule_without_a_target_is_refused(targets: list[float]) -> None:
    with pytest.raises(InputError, match="a process needs a finite target for each molecule"):
        TanimotoProcess(count_fingerprints(["CCO", "CCN"]), np.array(targets))
