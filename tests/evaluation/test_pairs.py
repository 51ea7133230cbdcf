"""The similarity of pairs, against RDKit's own."""

import numpy as np
import pytest
from rdkit import Chem, DataStructs
from rdkit.Chem import rdFingerprintGenerator

from molvae.errors import InputError
from molvae.evaluation.pairs import pair_similarities


def test_each_pair_is_as_alike_as_rdkit_says(drugs: dict[str, str]) -> None:
    left = list(drugs.values())
    right = left[1:] + left[:1]
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    vectors = [generator.GetFingerprint(Chem.MolFromSmiles(text)) for text in left]
    expected = [
        DataStructs.TanimotoSimilarity(one, two)
        for one, two in zip(vectors, vectors[1:] + vectors[:1], strict=True)
    ]
    np.testing.assert_allclose(pair_similarities(left, right), expected, rtol=1e-6)


def test_what_is_no_molecule_is_like_nothing_not_even_itself() -> None:
    np.testing.assert_array_equal(pair_similarities(["", "C1CC", "CC"], ["", "C1CC", "CC"]), [0, 0, 1])


def test_more_pairs_than_fit_in_a_block_keep_their_order() -> None:
    left = ["CCO", "c1ccccc1", ""] * 500
    np.testing.assert_array_equal(pair_similarities(left, left), [1, 1, 0] * 500)


def test_no_pairs_have_no_similarities_and_odd_ones_are_refused() -> None:
    assert pair_similarities([], []).shape == (0,)
    with pytest.raises(InputError, match="no pairs"):
        pair_similarities(["C"], [])
