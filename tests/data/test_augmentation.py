"""Molecules written in further ways: the same molecules, begun elsewhere, each once, in the table's order."""

from pathlib import Path

import numpy as np
import pytest

from molvae.chem.notation import is_faithful, other_writings, selfies_to_smiles
from molvae.data import augmentation, cache
from molvae.data.augmentation import writings_of
from molvae.data.curation import curate
from molvae.data.preparation import TokenizerSettings, prepare
from molvae.data.splitting import SplitSettings
from molvae.data.tokenizer import Tokenizer


def test_other_writings_are_of_the_same_molecule_and_begin_elsewhere(drug_smiles: list[str]) -> None:
    stereo = ["C[C@H](N)C(=O)O", "C/C=C/[C@@H]1CC[C@H](C)C1", "C[NH+]1CC[C@]2(C)C[C@@H]1CC2=O"]
    num_found = 0
    for smiles in [selfies_to_smiles(other_writings(text, 1)[0]) for text in stereo] + drug_smiles:
        writings = other_writings(smiles, 4)
        assert len(set(writings)) == len(writings) <= 4
        assert {selfies_to_smiles(text) for text in writings} == {smiles}
        assert all(is_faithful(text) for text in writings)
        assert writings == other_writings(smiles, 4)
        num_found += len(writings)
    assert num_found > 3 * len(drug_smiles)


@pytest.mark.parametrize(("smiles", "num_there_are"), [("C", 0), ("CC", 0), ("c1ccccc1", 0), ("CCO", 2)])
def test_there_are_no_more_writings_than_atoms_that_differ(smiles: str, num_there_are: int) -> None:
    assert len(other_writings(smiles, 10)) == num_there_are


@pytest.mark.parametrize("num_workers", [0, 2])
def test_writings_of_a_table_are_those_of_its_molecules(
    tmp_path: Path, tiny_csv: Path, num_workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(augmentation, "MIN_FOR_WORKERS", 1)
    curated = curate(tiny_csv, tmp_path, num_workers=0)
    prepared = prepare(curated, tmp_path, SplitSettings(), TokenizerSettings(num_merges=20))
    tokenizer = prepared.tokenizer
    arrays, owners = writings_of(curated, tokenizer, 3, 40, tmp_path, num_workers)
    assert curated.num_kept < len(arrays) == len(owners) < 3 * curated.num_kept
    (smiles,) = zip(*curated.iter_batches(("smiles",)), strict=True)
    place = 0
    for owner, text in enumerate(smiles[0]):
        for expected in other_writings(text, 3):
            if expected.count("[") > 40 or tokenizer.unseen_symbols(expected):
                continue
            ids = arrays.tokens[arrays.offsets[place] : arrays.offsets[place + 1]]
            assert (owners[place], tokenizer.to_text(ids)) == (owner, expected)
            place += 1
    assert place == len(arrays)


def test_they_are_made_once_for_a_table_and_a_tokenizer(
    tmp_path: Path, tiny_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    curated = curate(tiny_csv, tmp_path, num_workers=0)
    texts = [text for (batch,) in curated.iter_batches(("selfies",)) for text in batch]
    full = Tokenizer.learn(texts, 0)
    plain = Tokenizer.learn([symbol for symbol in full.symbols if symbol != "[Cl]"], 0)
    first = writings_of(curated, plain, 2, 128, tmp_path, 0)
    assert len(writings_of(curated, full, 2, 128, tmp_path, 0).arrays) > len(first.arrays) > 0
    monkeypatch.setattr(augmentation, "each_chunk", None)
    again = writings_of(curated, plain, 2, 128, tmp_path)
    np.testing.assert_array_equal(again.owners, first.owners)
    np.testing.assert_array_equal(again.arrays.tokens, first.arrays.tokens)
    assert not [path for pattern in cache.PART_PATTERNS for path in tmp_path.glob(pattern)]
