"""Which candidates are worth a call, and which operators are worth candidates."""

import numpy as np
import pytest

from molvae.chem.molecules import parse_smiles
from molvae.chem.properties import log_p
from molvae.optimization.operator_shares import FLOOR, OperatorShares
from molvae.optimization.screening import Quotas, Screen
from tests.conftest import DRUGS

SMILES = list(DRUGS.values())


def test_the_best_of_many_candidates_are_chosen_more_often_than_by_chance() -> None:
    scores = np.array([log_p(parse_smiles(text)) for text in SMILES])
    screen = Screen(np.random.default_rng(0))
    known, asked = SMILES[::2], SMILES[1::2]
    screen.tell(known, scores[::2])
    chosen = screen.choose(asked, 5)
    assert len(set(chosen)) == 5
    assert scores[1::2][chosen].mean() > scores[1::2].mean()


def test_while_little_is_known_candidates_are_taken_as_they_come() -> None:
    screen = Screen(np.random.default_rng(0))
    screen.tell(SMILES[:3], np.arange(3.0))
    assert screen.choose(SMILES[5:], 4) == [0, 1, 2, 3]
    assert screen.choose(SMILES[5:7], 4) == [0, 1]


def test_each_kind_has_its_quota_and_others_take_what_it_leaves() -> None:
    quotas = Quotas(["edit", "edit", "code", "code"], ["code", "code", "code"])
    assert quotas.take_first(1) == [2]
    assert quotas.open().tolist() == [False, False, False, True]
    assert quotas.take_first(9) == [3, 0, 1]
    assert quotas.num_left == 0


def test_the_most_promising_of_each_kind_are_chosen() -> None:
    scores = np.array([log_p(parse_smiles(text)) for text in SMILES])
    screen = Screen(np.random.default_rng(0))
    screen.tell(SMILES, scores)
    order = np.argsort(-scores)
    asked = [SMILES[place] for place in order]
    kinds = ["edit"] * (len(asked) // 2) + ["code"] * (len(asked) - len(asked) // 2)
    chosen = screen.choose(asked, 6, Quotas(kinds, ["code"] * 4 + ["edit"] * 2))
    assert sorted(kinds[place] for place in chosen) == ["code"] * 4 + ["edit"] * 2
    codes = [place for place in chosen if kinds[place] == "code"]
    assert np.mean(codes) < np.mean([place for place, kind in enumerate(kinds) if kind == "code"])
    assert screen.choose(asked, 0) == []


def test_where_all_scores_are_equal_the_strangest_are_chosen() -> None:
    screen = Screen(np.random.default_rng(0))
    benzenes = ["c1ccccc1" + "C" * length for length in range(1, 12)]
    screen.tell(benzenes, np.zeros(11))
    asked = ["c1ccccc1CCCCCCCCCCCC", "O=C(NS(=O)(=O)Br)N(F)I", "c1ccccc1CCCCCCCCCCCCC"]
    assert screen.choose(asked, 1) == [1]


def test_what_was_told_is_kept_as_more_comes() -> None:
    generator = np.random.default_rng(0)
    screen = Screen(generator)
    chains = ["C" * length for length in range(1, 601)]
    for start in range(0, 600, 100):
        screen.tell(chains[start : start + 100], np.arange(start, start + 100, dtype=np.float64))
    assert set(screen.choose(["CC(C)C", "C" * 601, "N"], 2)) & {1}


def test_an_operator_that_succeeds_is_drawn_more_often_and_none_is_forgotten() -> None:
    shares = OperatorShares(["good", "bad"])
    assert shares.shares.tolist() == [0.5, 0.5]
    for _ in range(300):
        shares.tell("good", True)
        shares.tell("bad", False)
        shares.tell("prior", True)
    assert shares.shares[0] > 0.8
    assert shares.shares[1] >= FLOOR
    assert shares.shares.sum() == pytest.approx(1)
    drawn = shares.draw(1000, np.random.default_rng(0))
    assert drawn.count("good") / 1000 == pytest.approx(shares.shares[0], abs=0.05)


def test_what_was_hardly_tried_is_not_used_more_where_hardly_anything_succeeds() -> None:
    shares = OperatorShares(["good", "rare", "bad"])
    for number in range(400):
        shares.tell("good", number % 20 == 0)
        shares.tell("bad", False)
    shares.tell("rare", False)
    good, rare, bad = shares.shares.tolist()
    assert good > 1.5 * rare
    assert rare > bad >= FLOOR
