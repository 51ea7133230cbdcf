"""The metrics of a sample, by hand on small ones and against the benchmark's definition."""

import numpy as np
import pytest
from rdkit import Chem, DataStructs
from rdkit.Chem import rdFingerprintGenerator

from molvae.errors import InputError
from molvae.evaluation.distribution import (
    internal_diversity,
    novelty,
    property_distribution,
    ring_statistics,
    uniqueness,
    valid_molecules,
    validity,
)


def mols(*smiles: str) -> list[Chem.Mol]:
    return [Chem.MolFromSmiles(text) for text in smiles]


def test_validity_is_the_share_that_parses_with_possible_valences() -> None:
    assert validity(["CCO", "C1CC", "C(C)(C)(C)(C)C", "", "c1ccccc1"]) == pytest.approx(2 / 5)


def test_valid_molecules_keep_their_order() -> None:
    assert [mol.GetNumAtoms() for mol in valid_molecules(["CCO", "C1CC", "C"])] == [3, 1]


def test_uniqueness_at_k_looks_at_the_first_k_only() -> None:
    assert uniqueness(["A", "A", "B", "C"]) == pytest.approx(3 / 4)
    assert uniqueness(["A", "A", "B", "C"], 2) == pytest.approx(1 / 2)
    assert uniqueness(["A", "B"], 10) == 1.0


def test_novelty_counts_a_molecule_once_however_often_it_was_sampled() -> None:
    assert novelty(["A", "B", "B", "B"], {"A", "C"}) == pytest.approx(1 / 2)
    assert novelty(["A", "B", "B", "B"], lambda smiles: smiles == "B") == pytest.approx(1 / 2)
    assert novelty(["A", "B"], ["A", "B"]) == 0.0


def diversity_by_rdkit(molecules: list[Chem.Mol], power: int) -> float:
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=1024)
    vectors = [generator.GetFingerprint(mol) for mol in molecules]
    rows = [np.array(DataStructs.BulkTanimotoSimilarity(vector, vectors)) for vector in vectors]
    return float(1 - np.mean([(row**power).mean() ** (1 / power) for row in rows]))


@pytest.mark.parametrize("power", [1, 2])
def test_internal_diversity_is_one_less_the_mean_similarity_of_all_pairs(power: int) -> None:
    molecules = mols("CCO", "CCCCO", "c1ccccc1O", "CC(=O)Oc1ccccc1C(=O)O")
    expected = diversity_by_rdkit(molecules, power)
    assert internal_diversity(molecules, power=power) == pytest.approx(expected, abs=1e-6)


def test_copies_of_one_molecule_have_no_diversity_and_unlike_ones_have_half() -> None:
    assert internal_diversity(mols("CCO", "CCO", "CCO")) == pytest.approx(0)
    assert internal_diversity(mols("[Na+]", "Cl")) == pytest.approx(1 / 2)


def test_a_subsample_is_the_same_for_the_same_seed_and_near_the_exact_value() -> None:
    molecules = mols(*("C" * length + "O" * (length % 2) for length in range(1, 200)))
    exact = internal_diversity(molecules)
    draws = [internal_diversity(molecules, max_molecules=100, seed=seed) for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]
    assert draws == pytest.approx([exact] * 3, abs=0.1)


def test_rings_are_counted_by_hand() -> None:
    # Benzene; cyclopropane joined to a ring of seven; a macrocycle of twelve; no ring.
    statistics = ring_statistics(mols("c1ccccc1", "C1CC1C1CCCCCC1", "C1CCCCCCCCCCC1", "CCO"))
    assert statistics["aromatic_share"] == pytest.approx(1 / 4)
    assert statistics["mean_rings"] == pytest.approx(1.0)
    assert statistics["mean_aromatic_rings"] == pytest.approx(1 / 4)
    assert statistics["ring_size_3_share"] == pytest.approx(1 / 4)
    assert statistics["ring_size_4_share"] == 0.0
    assert statistics["ring_size_6_share"] == pytest.approx(1 / 4)
    assert statistics["ring_size_7_or_more_share"] == pytest.approx(2 / 4)
    assert statistics["macrocycle_share"] == pytest.approx(1 / 4)


def test_without_a_ring_there_are_no_ring_sizes() -> None:
    assert np.isnan(ring_statistics(mols("CCO"))["ring_size_6_share"])


def test_the_wasserstein_distance_of_a_shifted_copy_is_the_shift() -> None:
    values = np.array([0.0, 1.0, 5.0])
    shifted = property_distribution(values, values + 2.5)
    assert shifted.wasserstein == pytest.approx(2.5)
    assert (shifted.mean, shifted.sd) == pytest.approx((2.0, np.sqrt(14 / 3)))
    assert np.isnan(property_distribution(values).wasserstein)


def test_a_sample_without_a_molecule_is_refused() -> None:
    with pytest.raises(InputError, match="a sample without molecules can't be measured: give at least one"):
        validity([])
    with pytest.raises(InputError, match="a sample without molecules can't be measured: give at least one"):
        internal_diversity([])
