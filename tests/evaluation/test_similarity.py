"""Similarities of sets: by hand, and against the whole matrix."""

import numpy as np
import pytest

from molvae.chem.fingerprints import tanimoto_matrix
from molvae.evaluation import similarity
from molvae.evaluation.similarity import cosine_similarity, nearest_similarities, unpacked


def bits(*rows: str) -> np.ndarray:
    return np.array([[sign == "1" for sign in row] for row in rows])


def test_the_nearest_is_found_by_hand() -> None:
    reference = bits("1100", "0011", "1110")
    found = nearest_similarities(bits("1100", "1000", "0111", "0000"), reference)
    # The same; one of two; two of three; nothing to share.
    np.testing.assert_allclose(found, [1, 1 / 2, 2 / 3, 0], rtol=1e-6)


@pytest.mark.parametrize("common_share", [0.0, 0.08, 1.0])
def test_common_and_rare_bits_together_are_the_whole_matrix(
    common_share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(similarity, "COMMON_SHARE", common_share)
    random = np.random.default_rng(0)
    shares = random.random(256) ** 3 / 2
    sample, reference = random.random((150, 256)) < shares, random.random((300, 256)) < shares
    sample[0], reference[0] = False, False
    expected = tanimoto_matrix(sample, reference).max(axis=1)
    np.testing.assert_allclose(nearest_similarities(sample, reference), expected, rtol=1e-6)


def test_the_cosine_of_counts_is_worked_out_by_hand() -> None:
    assert cosine_similarity({"a": 1, "b": 2}, {"a": 10, "b": 20}) == pytest.approx(1)
    assert cosine_similarity({"a": 1}, {"b": 1}) == 0
    assert cosine_similarity({"a": 1, "b": 1}, {"a": 1}) == pytest.approx(1 / np.sqrt(2))
    assert np.isnan(cosine_similarity({}, {"a": 1}))


def test_bits_are_unpacked_as_they_were_packed() -> None:
    rows = bits("10000001", "01000000")
    np.testing.assert_array_equal(unpacked(np.packbits(rows, axis=1)), rows)
