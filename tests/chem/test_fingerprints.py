"""Fingerprints and Tanimoto similarities, against RDKit's own and by hand."""

import numpy as np
import pytest
from rdkit import Chem, DataStructs
from rdkit.Chem import rdFingerprintGenerator

from molvae.chem import fingerprints
from molvae.chem.fingerprints import (
    atom_pair_bits,
    atom_pair_counts,
    morgan_bits,
    morgan_counts,
    tanimoto,
    tanimoto_blocks,
    tanimoto_matrix,
    tanimoto_of_counts,
    unhashed_atom_pair_counts,
    unhashed_feature_counts,
    unhashed_morgan_counts,
    unhashed_tanimoto,
)
from molvae.errors import InputError

SMILES = ["CCO", "CCCCCCCC", "c1ccccc1O", "CC(=O)Oc1ccccc1C(=O)O", "CN1C=NC2=C1C(=O)N(C(=O)N2C)C", "C1CC1"]
MOLS = [Chem.MolFromSmiles(text) for text in SMILES]


def test_similarities_of_bits_equal_those_that_rdkit_computes_on_its_own_vectors() -> None:
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    vectors = [generator.GetFingerprint(mol) for mol in MOLS]
    expected = [DataStructs.BulkTanimotoSimilarity(vector, vectors) for vector in vectors]
    bits = morgan_bits(MOLS)
    np.testing.assert_allclose(tanimoto_matrix(bits, bits), expected, atol=1e-6)
    np.testing.assert_allclose(tanimoto(bits[3], bits), expected[3], atol=1e-6)


def test_similarities_of_counts_equal_those_that_rdkit_computes_on_its_own_vectors() -> None:
    generator = rdFingerprintGenerator.GetAtomPairGenerator(fpSize=2048)
    vectors = [generator.GetCountFingerprint(mol) for mol in MOLS]
    expected = DataStructs.BulkTanimotoSimilarity(vectors[1], vectors)
    counts = atom_pair_counts(MOLS)
    np.testing.assert_allclose(tanimoto(counts[1], counts), expected, atol=1e-6)


def test_similarity_is_shared_bits_over_all_bits_by_hand() -> None:
    one = np.array([1, 1, 1, 0], dtype=bool)
    many = np.array([[1, 1, 1, 0], [1, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]], dtype=bool)
    np.testing.assert_allclose(tanimoto(one, many), [1, 1 / 4, 0, 0])
    np.testing.assert_allclose(tanimoto_matrix(one[None], many), [[1, 1 / 4, 0, 0]])


def test_similarity_of_counts_is_smaller_over_larger_counts_by_hand() -> None:
    one = np.array([3, 1, 0], dtype=np.uint32)
    many = np.array([[1, 1, 2], [3, 1, 0]], dtype=np.uint32)
    np.testing.assert_allclose(tanimoto(one, many), [2 / 6, 1])


def test_two_empty_fingerprints_have_similarity_zero_and_no_warning() -> None:
    empty = np.zeros((1, 8), dtype=bool)
    assert tanimoto_matrix(empty, empty).tolist() == [[0.0]]


def test_counts_tell_chain_lengths_apart_that_bits_do_not() -> None:
    chains = [Chem.MolFromSmiles("C" * 8), Chem.MolFromSmiles("C" * 12)]
    bits, counts = morgan_bits(chains), morgan_counts(chains)
    assert tanimoto(bits[0], bits)[1] == 1.0
    assert tanimoto(counts[0], counts)[1] < 1.0


def test_fingerprints_have_the_shape_and_type_that_is_documented() -> None:
    assert morgan_bits(MOLS, num_bits=1024).shape == (len(MOLS), 1024)
    assert morgan_bits(MOLS).dtype == atom_pair_bits(MOLS).dtype == np.bool_
    assert morgan_counts(MOLS).dtype == atom_pair_counts(MOLS).dtype == np.uint32
    assert morgan_bits([]).shape == (0, 2048)


def test_a_larger_radius_sets_more_bits() -> None:
    assert morgan_bits(MOLS, radius=3).sum() > morgan_bits(MOLS, radius=1).sum()


def test_blocks_cover_every_row_once(monkeypatch: pytest.MonkeyPatch) -> None:
    bits = morgan_bits(MOLS)
    whole = tanimoto_matrix(bits, bits[:2])
    monkeypatch.setattr(fingerprints, "BLOCK_ROWS", 4)
    blocks = list(tanimoto_blocks(bits, bits[:2]))
    assert [start for start, _ in blocks] == [0, 4]
    np.testing.assert_array_equal(np.concatenate([block for _, block in blocks]), whole)


def test_counts_are_refused_where_bits_are_needed() -> None:
    with pytest.raises(InputError, match=r'bit fingerprints \(bool\), not "uint32": use morgan_bits'):
        tanimoto_matrix(morgan_bits(MOLS), morgan_counts(MOLS))  # type: ignore[arg-type]


def test_fingerprints_of_different_lengths_are_refused() -> None:
    with pytest.raises(InputError, match='"2048" and "1024" bits can\'t be compared'):
        tanimoto_matrix(morgan_bits(MOLS), morgan_bits(MOLS, num_bits=1024))


def test_unhashed_environments_are_counted_and_none_shares_a_place() -> None:
    # Ethanol: CH3, CH2 and OH, and of radius 1 the three around them, one of which is the whole molecule.
    counts = unhashed_morgan_counts(Chem.MolFromSmiles("CCO")).GetNonzeroElements()
    assert sorted(counts.values()) == [1, 1, 1, 1, 1, 1]
    # Octane at radius 0 and 1: two CH3 and six CH2; the ends, their neighbours and the middle.
    counts = unhashed_morgan_counts(Chem.MolFromSmiles("CCCCCCCC"), radius=1).GetNonzeroElements()
    assert sorted(counts.values()) == [2, 2, 2, 4, 6]


def test_the_unhashed_similarity_counts_what_both_have_over_what_either_has() -> None:
    # Propane against pentane, radius 0: 2 CH3 and 1 CH2 against 2 CH3 and 3 CH2.
    left, right = (unhashed_morgan_counts(Chem.MolFromSmiles(text), radius=0) for text in ("CCC", "CCCCC"))
    assert unhashed_tanimoto(left, right) == pytest.approx(3 / 5)


def test_features_do_not_tell_halogens_apart_and_environments_do() -> None:
    left, right = (Chem.MolFromSmiles(text) for text in ("Clc1ccccc1", "Brc1ccccc1"))
    assert unhashed_tanimoto(unhashed_feature_counts(left), unhashed_feature_counts(right)) == 1.0
    assert unhashed_tanimoto(unhashed_morgan_counts(left), unhashed_morgan_counts(right)) < 1.0


def test_atom_pairs_farther_apart_than_the_distance_are_not_counted() -> None:
    chain = Chem.MolFromSmiles("CCCCC")  # of 10 pairs, 4 are neighbours and 3 are two bonds apart
    near = unhashed_atom_pair_counts(chain, max_distance=2).GetNonzeroElements()
    assert sum(near.values()) == 7
    assert sum(unhashed_atom_pair_counts(chain).GetNonzeroElements().values()) == 10


def test_a_matrix_of_counts_is_that_of_one_against_many() -> None:
    counts = morgan_counts(MOLS[:4])
    counts[3] = 0
    expected = [tanimoto(one, counts).tolist() for one in counts[:3]]
    assert tanimoto_of_counts(counts[:3], counts).tolist() == expected
    assert tanimoto_of_counts(counts[3:], counts).tolist() == [[0.0] * 4]
