"""Denoising by models that do nothing, know everything, or have several answers."""

from collections.abc import Sequence

import numpy as np
import pytest

from molvae.chem.molecules import canonicalize
from molvae.chem.notation import selfies_to_smiles
from molvae.errors import InputError
from molvae.evaluation.denoising import corrupt_each, measure_denoising
from molvae.evaluation.pairs import pair_similarities

ALPHABET = ["[C]", "[N]", "[O]", "[=C]", "[Ring1]", "[Branch1]"]


@pytest.fixture
def molecules(drugs: dict[str, str]) -> list[str]:
    return [canonicalize(text) for text in drugs.values()]


def do_nothing(selfies: Sequence[str]) -> list[list[str]]:
    return [[selfies_to_smiles(text)] for text in selfies]


def test_doing_nothing_gains_nothing_and_recovers_what_was_left_alone(molecules: list[str]) -> None:
    found = measure_denoising(molecules, corrupt_each(molecules, 0.05, ALPHABET), do_nothing)
    assert (found.gain == 0).all()
    np.testing.assert_array_equal(found.is_exact, ~found.is_changed)
    assert 0 < found.is_changed.mean() < 1


def test_without_noise_everything_is_recovered_by_doing_nothing(molecules: list[str]) -> None:
    found = measure_denoising(molecules, corrupt_each(molecules, 0.0, ALPHABET), do_nothing)
    assert found.is_exact.all()
    assert (found.similarity == 1).all()


def test_who_knows_the_molecules_gains_what_the_noise_took(molecules: list[str]) -> None:
    corrupted = corrupt_each(molecules, 0.3, ALPHABET)
    found = measure_denoising(molecules, corrupted, lambda selfies: [[text] for text in molecules])
    assert found.is_exact.all()
    taken = 1 - pair_similarities(molecules, [selfies_to_smiles(text) for text in corrupted])
    np.testing.assert_allclose(found.gain, taken)
    assert found.gain.mean() > 0.3


def test_of_several_answers_the_first_and_the_best_count() -> None:
    answers = [["CCCO", "", "CCCCO", "CCCO"], ["CCCCN"], ["", "CCCCCC"]]
    found = measure_denoising(["CCCCO", "CCCCN", "CCCCCC"], ["[C]", "[C]", ""], lambda selfies: answers)
    near = pair_similarities(["CCCCO"], ["CCCO"])[0]
    np.testing.assert_array_equal(found.is_exact, [False, True, False])
    np.testing.assert_array_equal(found.is_among, [True, True, True])
    np.testing.assert_allclose(found.similarity, [near, 1, 0])
    np.testing.assert_allclose(found.best_similarity, [1, 1, 1])
    np.testing.assert_array_equal(found.num_distinct, [2, 1, 1])


def test_a_molecules_noise_does_not_depend_on_the_others(molecules: list[str]) -> None:
    alone, among = (corrupt_each(texts, 0.3, ALPHABET, 1)[0] for texts in (molecules[:1], molecules))
    assert alone == among
    assert corrupt_each(molecules, 0.3, ALPHABET, 2) != corrupt_each(molecules, 0.3, ALPHABET, 1)


def test_more_noise_changes_more_molecules(molecules: list[str]) -> None:
    shares = [
        measure_denoising(molecules, corrupt_each(molecules, rate, ALPHABET), do_nothing).is_changed.mean()
        for rate in (0.01, 0.1, 0.3)
    ]
    assert shares == sorted(shares)
    assert shares[0] < shares[-1]


def test_missing_strings_and_answers_are_refused() -> None:
    with pytest.raises(InputError, match="give one of each"):
        measure_denoising(["C"], [], do_nothing)
    with pytest.raises(InputError, match="have answers"):
        measure_denoising(["C"], ["[C]"], lambda selfies: [[]])
    assert len(measure_denoising([], [], do_nothing).is_exact) == 0
