"""MOSES as a yardstick, with three molecules in its place; and training sets that know their members."""

import gzip
from pathlib import Path

import pytest

from molvae.data.sources import SOURCES
from molvae.errors import MissingFileError
from molvae.evaluation import moses
from molvae.evaluation.moses import TEST_PARTS, TRAIN, cached_keys, moses_smiles


def test_the_parts_of_moses_are_fetched_files() -> None:
    assert {f"{part}.csv.gz" for part in (TRAIN, *TEST_PARTS)} <= set(SOURCES["moses"].files)


def test_a_part_is_read_without_its_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "test.csv.gz"
    path.write_bytes(gzip.compress(b"SMILES\nCCO\nCCN\n"))
    monkeypatch.setattr(moses, "source_file", lambda name, member, cache: path)
    assert moses_smiles("test") == ["CCO", "CCN"]


def test_moses_that_was_not_fetched_says_how_to_fetch_it(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"is not there: run `molvae data fetch moses`$"):
        moses_smiles("test", tmp_path)


@pytest.mark.parametrize("damage", [False, True])
def test_members_are_told_by_molecule_and_read_once(
    damage: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["OCC", "C1CC", "c1ccccc1"]
    keys = cached_keys(texts, tmp_path / "cache")
    assert [text in keys for text in ("CCO", "c1ccccc1", "CCN", "")] == [True, True, False, False]
    (path,) = (tmp_path / "cache").iterdir()
    if damage:
        content = path.read_bytes()
        path.write_bytes(content[:-100])
        again = cached_keys(texts, tmp_path / "cache")
        assert path.read_bytes() == content
    else:
        monkeypatch.setattr(moses, "each_item", None)
        again = cached_keys(texts, tmp_path / "cache")
    assert again.keys.tolist() == keys.keys.tolist()
