"""ROGI against the values of its published tests and package, and ROGI-XD by hand."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from molvae.chem.properties import compute_properties
from molvae.errors import InputError
from molvae.evaluation.roughness import normalized_distances, roughness_index, roughness_index_xd
from molvae.interfaces import FloatArray

Index = Callable[[FloatArray, FloatArray], float]

PUBLISHED = [
    "C[NH+]1CCC(NC(=O)[C@H]2CCN(c3ccc(Cl)c(Cl)c3)C2=O)CC1",
    "C[C@H]1C[C@H]1C(=O)N1CCN(C(=O)NCC(C)(C)[NH+]2CCCCC2)CC1",
    "Cc1ccc([C@@H]2CSCCN2Cc2cc3cnn(C(C)C)c3nc2Cl)o1",
    "C=CCc1ccccc1OC(C)=O",
    "C[C@@H](c1nccs1)N(C)C(=O)c1cccc(NC(=O)C2CCCC2)c1",
]


def smooth_and_rough() -> tuple[FloatArray, FloatArray, FloatArray]:
    """Places, a property that is linear in them, and the same values in any order."""
    generator = np.random.default_rng(1)
    latents = generator.standard_normal((200, 3))
    return latents, latents[:, 0], generator.permutation(latents[:, 0])


def test_rogi_of_a_table_of_distances_is_the_published_value() -> None:
    # coleygroup/rogi, tests/test_rogi.py, test_distance_matrix
    assert roughness_index(np.arange(1, 11) / 10, np.arange(5.0)) == pytest.approx(0.1530913965143058)


def test_rogi_of_descriptors_is_the_published_value() -> None:
    # coleygroup/rogi, tests/test_rogi.py, test_descriptors: scaled logP, QED and TPSA
    descriptors = compute_properties(PUBLISHED, ["logP", "QED", "TPSA"])
    scaled = (descriptors - descriptors.min(axis=0)) / np.ptp(descriptors, axis=0)
    found = roughness_index(normalized_distances(scaled), np.arange(5.0))
    assert found == pytest.approx(0.3068390625203159, abs=1e-4)


def test_rogi_is_that_of_the_published_package() -> None:
    # rogi 0.1: RoughnessIndex(Y=Y, X=X, metric="euclidean").compute_index(min_dt=0), and with Y shuffled
    generator = np.random.default_rng(0)
    latents = generator.standard_normal((40, 3))
    values = latents[:, 0] ** 2
    distances = normalized_distances(latents)
    assert roughness_index(distances, values) == pytest.approx(0.24806735943999586)
    assert roughness_index(distances, generator.permutation(values)) == pytest.approx(0.3364220030716257)


def test_rogi_is_worked_out_by_hand() -> None:
    # 0 and 1 at a distance of .2 have values 0 and 1; 2 is .8 away from both and has .5. Twice the spread is
    # 2 sqrt(1/6) at first, and 0 from .2 on, as the pair's mean is that of the third.
    found = roughness_index(np.array([0.2, 0.8, 0.8]), np.array([0.0, 1.0, 0.5]))
    assert found == pytest.approx(2 * np.sqrt(1 / 6) * (1 - 0.1))


def test_rogi_xd_is_worked_out_by_hand() -> None:
    # As above; two of three clusters are left after the first step, 1 - ln 2 / ln 3 along the axis.
    found = roughness_index_xd(np.array([2.0, 8.0, 8.0]), np.array([0.0, 1.0, 0.5]))
    assert found == pytest.approx(2 * np.sqrt(1 / 6) * (1 - (1 - np.log(2) / np.log(3)) / 2))


def test_molecules_joined_at_one_distance_are_joined_at_once() -> None:
    # All four are 1 apart: whatever is joined first, nothing of the spread is left.
    values = np.array([0.0, 0.0, 1.0, 1.0])
    assert roughness_index_xd(np.ones(6), values) == pytest.approx(1 / 2)
    assert roughness_index(np.ones(6) / 2, values) == pytest.approx(1 - 1 / 4)


@pytest.mark.parametrize("index", [roughness_index, roughness_index_xd])
def test_shuffled_values_make_a_rough_landscape(index: Index) -> None:
    latents, smooth, rough = smooth_and_rough()
    distances = normalized_distances(latents)
    assert index(distances, rough) > 1.5 * index(distances, smooth)
    assert index(distances, 7 * smooth - 3) == pytest.approx(index(distances, smooth))


def test_rogi_xd_does_not_ask_for_the_scale_of_distances() -> None:
    latents, smooth, _ = smooth_and_rough()
    assert roughness_index_xd(pdist(latents), smooth) == pytest.approx(
        roughness_index_xd(pdist(latents) ** 3, smooth)
    )


def test_what_is_no_landscape_is_refused() -> None:
    with pytest.raises(InputError, match="not those of all pairs"):
        roughness_index(np.ones(2), np.arange(3.0))
    with pytest.raises(InputError, match="values are the same"):
        roughness_index_xd(np.ones(3), np.ones(3))
    with pytest.raises(InputError, match="at most 1"):
        roughness_index(np.array([2.0]), np.arange(2.0))
    with pytest.raises(InputError, match="latents are the same"):
        normalized_distances(np.ones((3, 2)))
