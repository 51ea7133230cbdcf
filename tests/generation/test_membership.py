"""A set of molecules kept as numbers, against Python's own."""

from itertools import product

import numpy as np
import pytest

from molvae.generation.membership import MoleculeKeys

# Not all of them are molecules; a key is of a text.
TEXTS = ["".join(parts) for parts in product("CNOSF", repeat=4)]


def test_membership_is_that_of_a_set() -> None:
    generator = np.random.default_rng(0)
    members = set(generator.choice(TEXTS, 200))
    keys = MoleculeKeys.of([*members, *members])
    assert len(keys) == len(members)
    assert keys.contains(TEXTS).tolist() == [text in members for text in TEXTS]
    assert [text in keys for text in TEXTS[:50]] == [text in members for text in TEXTS[:50]]


def test_a_union_holds_what_either_holds() -> None:
    one, two = set(TEXTS[:90]), set(TEXTS[60:130])
    union = MoleculeKeys.of(one).union(MoleculeKeys.of(two))
    assert len(union) == len(one | two)
    assert union.contains(TEXTS).tolist() == [text in one | two for text in TEXTS]
    assert np.array_equal(union.keys, MoleculeKeys.of(one | two).keys)


def test_the_order_in_which_molecules_come_does_not_matter() -> None:
    assert np.array_equal(MoleculeKeys.of(TEXTS).keys, MoleculeKeys.of(TEXTS[::-1]).keys)


@pytest.mark.parametrize("keys", [MoleculeKeys.of([]), MoleculeKeys.of(iter(()))])
def test_an_empty_set_holds_nothing(keys: MoleculeKeys) -> None:
    assert len(keys) == 0
    assert "CCO" not in keys
    assert keys.contains(["", "CCO"]).tolist() == [False, False]
    assert keys.contains([]).tolist() == []
    assert "CCO" in keys.union(MoleculeKeys.of(["CCO"]))


def test_keys_stay_what_they_are_on_disk() -> None:
    # b2sum --length 64, the bytes read from the last to the first
    assert MoleculeKeys.of(["CCO"]).keys.tolist() == [0xC353956C6F0B206D]
