"""The Gaussian process on molecules against scikit-learn's, and what it makes of scores."""

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import PairwiseKernel

from molvae.chem.descriptors import DESCRIPTOR_SPREADS
from molvae.chem.fingerprints import tanimoto
from molvae.errors import InputError
from molvae.interfaces import FloatArray
from molvae.optimization.features import NUM_BITS, Features, features_of
from molvae.optimization.molecule_process import (
    FRAGMENTS_ALONE,
    KERNELS,
    LEAST_SPREAD,
    NOISE,
    Kernel,
    MoleculeProcess,
    normal_ranks,
)
from tests.conftest import DRUGS

SMILES = list(DRUGS.values())


def _tanimoto_of(left: FloatArray, right: FloatArray) -> float:
    one, many = left[:NUM_BITS].astype(np.uint32), right[:NUM_BITS].astype(np.uint32)[None, :]
    return float(tanimoto(one, many)[0])


def _reference(kernel: Kernel, spreads: FloatArray) -> GaussianProcessRegressor:
    """The process as scikit-learn has it: rows are counts and descriptors, compared a pair at a time."""

    def metric(left: FloatArray, right: FloatArray, gamma: float = 1.0) -> float:
        apart = (left[NUM_BITS:] - right[NUM_BITS:]) / spreads
        near = np.exp(-0.5 * np.mean(apart**2) / kernel.length**2)
        return float((1 - kernel.share) * _tanimoto_of(left, right) + kernel.share * near)

    pairwise = PairwiseKernel(metric=metric, gamma_bounds="fixed")
    return GaussianProcessRegressor(pairwise, alpha=NOISE, optimizer=None)


def _rows(features: Features) -> FloatArray:
    return np.concatenate([features.counts.astype(np.float64), features.descriptors], axis=1)


@pytest.mark.parametrize("kernel", [FRAGMENTS_ALONE, Kernel(0.5, 1.0), Kernel(0.75, 2.0)])
def test_means_and_spreads_are_those_of_an_exact_process(kernel: Kernel) -> None:
    known, asked = features_of(SMILES[:12]), features_of(SMILES[8:20])
    targets = np.random.default_rng(0).standard_normal(12)
    spreads = np.maximum(known.descriptors.std(axis=0), LEAST_SPREAD)
    reference = _reference(kernel, spreads).fit(_rows(known), targets)
    expected = reference.predict(_rows(asked), return_std=True)
    means, deviations = MoleculeProcess(known, targets, (kernel,)).predict(asked)
    np.testing.assert_allclose(means, expected[0], atol=1e-5)
    np.testing.assert_allclose(deviations, expected[1], atol=1e-5)


def test_the_likeliest_kernel_is_chosen() -> None:
    known = features_of(SMILES[:12])
    targets = normal_ranks(known.descriptors[:, list(DESCRIPTOR_SPREADS).index("logP")])
    spreads = np.maximum(known.descriptors.std(axis=0), LEAST_SPREAD)
    likelihoods = [
        _reference(kernel, spreads).fit(_rows(known), targets).log_marginal_likelihood_value_
        for kernel in KERNELS
    ]
    chosen = MoleculeProcess(known, targets).kernel
    assert chosen == KERNELS[int(np.argmax(likelihoods))]
    assert chosen.share > 0


def test_descriptors_tell_what_fragments_do_not() -> None:
    """The share of sp3 carbon, told by drugs, of molecules that have hardly a fragment of theirs."""
    column = list(DESCRIPTOR_SPREADS).index("share of sp3 carbon")
    known, asked = features_of(SMILES), features_of(["C1CC1", "C#C", "C1CCC1", "C#CC#C"])
    targets = normal_ranks(known.descriptors[:, column])
    by_kernels = [
        MoleculeProcess(known, targets, kernels).predict(asked)[0]
        for kernels in (KERNELS, (FRAGMENTS_ALONE,))
    ]
    gaps = [float(np.min(means[[0, 2]]) - np.max(means[[1, 3]])) for means in by_kernels]
    assert gaps[0] > 0.5 > gaps[1]


def test_a_molecule_like_none_that_is_known_has_the_mean_and_the_full_spread() -> None:
    process = MoleculeProcess(features_of(["c1ccccc1"]), np.array([3.0]), (Kernel(0.75, 0.5),))
    means, spreads = process.predict(features_of(["FC(F)(F)F"]))
    assert means[0] == pytest.approx(0.0, abs=1e-6)
    assert spreads[0] == pytest.approx(1.0, abs=1e-6)


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
        MoleculeProcess(features_of(["CCO", "CCN"]), np.array(targets))
