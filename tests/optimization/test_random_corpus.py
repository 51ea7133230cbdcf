"""Molecules of a collection in random order."""

import numpy as np
import pytest

from molvae.errors import SettingsError
from molvae.optimization.random_corpus import RandomCorpus

CORPUS = ["C" * length for length in range(1, 21)]


def test_each_molecule_comes_once_and_then_again() -> None:
    optimizer = RandomCorpus(CORPUS, seed=0)
    drawn = [smiles for _ in range(4) for smiles in optimizer.ask(7).smiles]
    assert sorted(drawn[:20], key=len) == CORPUS
    assert drawn[:20] != CORPUS
    assert drawn[20:] == drawn[:8]


def test_molecules_are_written_canonically_and_what_is_none_is_empty() -> None:
    assert sorted(RandomCorpus(["OCC", "C1CC"], seed=0).ask(2).smiles) == ["", "CCO"]


def test_scores_change_nothing() -> None:
    first, second = RandomCorpus(CORPUS, seed=3), RandomCorpus(CORPUS, seed=3)
    first.tell(first.ask(5), np.ones(5))
    second.tell(second.ask(5), np.zeros(5))
    assert first.ask(15) == second.ask(15)


def test_an_empty_corpus_is_refused() -> None:
    with pytest.raises(SettingsError, match='the corpus has "0" molecules'):
        RandomCorpus([], seed=0)
