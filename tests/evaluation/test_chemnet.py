"""The Fréchet distance where it is known in closed form, and ChemNet as its package runs it."""

import gc
import warnings
from pathlib import Path

import numpy as np
import pytest

from molvae.errors import InputError
from molvae.evaluation import chemnet
from molvae.evaluation.chemnet import Gaussian, chemnet_activations, frechet_distance, gaussian_of


def test_the_distance_of_gaussians_with_the_same_spread_is_that_of_their_means_squared() -> None:
    spread = np.array([[2.0, 1.0], [1.0, 3.0]])
    distance = frechet_distance(Gaussian(np.zeros(2), spread), Gaussian(np.array([3.0, 4.0]), spread))
    assert distance == pytest.approx(25)


def test_the_distance_of_gaussians_that_commute_is_that_of_their_standard_deviations_squared() -> None:
    # In one dimension W2^2 = (m1 - m2)^2 + (s1 - s2)^2; independent dimensions add up.
    left = Gaussian(np.array([1.0, 0.0]), np.diag([4.0, 9.0]))
    right = Gaussian(np.array([0.0, 0.0]), np.diag([1.0, 25.0]))
    assert frechet_distance(left, right) == pytest.approx(1 + (2 - 1) ** 2 + (3 - 5) ** 2)


def test_the_distance_of_gaussians_that_do_not_commute_is_worked_out_by_hand() -> None:
    # C1 = [[1, 1], [1, 1]] and C2 = diag(1, 0): C1 C2 has eigenvalues 1 and 0, so d = 2 + 1 - 2.
    left = Gaussian(np.zeros(2), np.ones((2, 2)))
    right = Gaussian(np.zeros(2), np.diag([1.0, 0.0]))
    assert frechet_distance(left, right) == pytest.approx(1)
    assert frechet_distance(right, left) == pytest.approx(1)


def test_singular_covariances_give_no_distance_to_themselves() -> None:
    few = np.random.default_rng(0).standard_normal((5, 200))
    assert frechet_distance(gaussian_of([few]), gaussian_of([few])) == pytest.approx(0, abs=1e-6)


def test_one_molecule_has_no_covariance_and_so_no_distance() -> None:
    alone = gaussian_of([np.ones((1, 3))])
    assert np.isnan(frechet_distance(alone, Gaussian(np.zeros(3), np.eye(3))))
    with pytest.raises(InputError, match="no molecules have no mean: give at least one"):
        gaussian_of([])


def test_batches_have_the_mean_and_covariance_of_all_rows_together() -> None:
    rows = np.random.default_rng(1).normal(5, 2, (70, 4)).astype(np.float32)
    mean, covariance = gaussian_of([rows[:50], rows[50:51], rows[51:]])
    np.testing.assert_allclose(mean, rows.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(covariance, np.cov(rows.T), rtol=1e-4)


def test_activations_are_those_of_the_package_in_order(drug_smiles: list[str]) -> None:
    from fcd.utils import SmilesDataset
    from torch import from_numpy, no_grad

    with no_grad():
        dataset = SmilesDataset(drug_smiles[:4])
        inputs = np.stack([dataset[row] for row in range(4)]).transpose(0, 2, 1)
        expected = chemnet._load_network()(from_numpy(inputs).float()).numpy()
    found = chemnet_activations(drug_smiles)
    assert found.shape == (40, 512)
    np.testing.assert_allclose(found[:4], expected, atol=1e-5)


def test_a_batch_of_one_equals_a_row_of_a_batch_and_a_long_smiles_disturbs_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    smiles = ["CCO", "c1ccccc1", "C" * 400]
    together = chemnet_activations(smiles)
    monkeypatch.setattr(chemnet, "BATCH_SIZE", 1)
    np.testing.assert_allclose(chemnet_activations(smiles), together, atol=1e-5)
    assert chemnet_activations([]).shape == (0, 512)


def test_loading_the_network_leaves_nothing_open() -> None:
    chemnet._load_network.cache_clear()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        chemnet._load_network()
        gc.collect()
    assert [str(warning.message) for warning in caught] == []


def test_other_weights_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / chemnet.WEIGHTS_FILE).write_bytes(b"other weights")
    monkeypatch.setattr(chemnet, "files", lambda package: tmp_path)
    chemnet._load_network.cache_clear()
    with pytest.raises(
        InputError, match=r'"\S+ChemNet\S+" is not the published ChemNet \(SHA-256 "\w{64}"\)'
    ):
        chemnet_activations(["CCO"])
    chemnet._load_network.cache_clear()
