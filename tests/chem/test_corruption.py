"""Corruption of SELFIES: how much of it, of what kinds, and by what."""

from collections import Counter

import numpy as np
import pytest

from molvae.chem.corruption import corrupt_selfies
from molvae.chem.notation import selfies_to_smiles, smiles_to_selfies, split_symbols
from molvae.errors import MoleculeError, SettingsError

ALPHABET = ["[C]", "[N]", "[O]"]


def test_nothing_is_corrupted_at_the_rate_zero_and_everything_at_one(drugs: dict[str, str]) -> None:
    for smiles in drugs.values():
        text = smiles_to_selfies(smiles)
        assert corrupt_selfies(text, 0.0, ALPHABET, np.random.default_rng(1)) == text
    # Of C alone, where nothing but N and O is put in, each C that stays has one put in before it.
    symbols = split_symbols(corrupt_selfies("[C]" * 900, 1.0, ["[N]", "[O]"], np.random.default_rng(2)))
    kept = [place for place, symbol in enumerate(symbols) if symbol == "[C]"]
    assert all(symbols[place - 1] != "[C]" for place in kept)


def test_a_third_each_is_replaced_left_out_and_put_in() -> None:
    symbols = split_symbols(corrupt_selfies("[C]" * 30_000, 0.3, ["[N]", "[O]"], np.random.default_rng(3)))
    counts = Counter(symbols)
    # 9,000 are corrupted: 3,000 replaced and 3,000 left out, so that 24,000 C stay; 6,000 N and O.
    assert counts["[C]"] == pytest.approx(24_000, abs=300)
    assert counts["[N]"] == pytest.approx(3_000, abs=200)
    assert counts["[O]"] == pytest.approx(3_000, abs=200)


def test_what_is_put_in_is_as_likely_as_it_is_common() -> None:
    common = ["[N]"] * 9 + ["[O]"]
    counts = Counter(split_symbols(corrupt_selfies("[C]" * 9000, 1.0, common, np.random.default_rng(4))))
    assert counts["[N]"] / (counts["[N]"] + counts["[O]"]) == pytest.approx(0.9, abs=0.02)


def test_a_symbol_is_never_replaced_by_itself() -> None:
    texts = [corrupt_selfies("[C]", 1.0, ["[C]", "[N]"], np.random.default_rng(seed)) for seed in range(60)]
    assert set(texts) == {"[N]", "", "[C][C]", "[N][C]"}


def test_the_same_generator_corrupts_in_the_same_way_and_molecules_come_out(drugs: dict[str, str]) -> None:
    for smiles in drugs.values():
        text = smiles_to_selfies(smiles)
        once, again = (corrupt_selfies(text, 0.2, ALPHABET, np.random.default_rng(5)) for _ in range(2))
        assert once == again
        assert isinstance(selfies_to_smiles(once), str)


def test_odd_rates_symbols_and_texts_are_refused() -> None:
    generator = np.random.default_rng(6)
    with pytest.raises(SettingsError, match="rate is"):
        corrupt_selfies("[C]", 1.5, ALPHABET, generator)
    with pytest.raises(SettingsError, match="at least two"):
        corrupt_selfies("[C]", 0.5, ["[C]", "[C]"], generator)
    with pytest.raises(MoleculeError, match="not a row"):
        corrupt_selfies("CCO", 0.5, ALPHABET, generator)
