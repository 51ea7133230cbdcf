"""Every row of a file is kept, or in the ledger with its reason; values are merged; the cache is reused."""

import csv
import json
import math
import os
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from molvae.data.curated import Curated
from molvae.data.curation import CurationSettings, curate
from molvae.errors import InputError, MissingFileError, SettingsError
from tests.data.curated_text import curated_text, ledger_of


def kept_of(curated: Curated) -> list[tuple[int, str, str]]:
    columns = ("row", "smiles", "selfies")
    return [row for batch in curated.iter_batches(columns, 2) for row in zip(*batch, strict=True)]


def test_each_row_is_kept_or_in_the_ledger_with_its_reason(tmp_path: Path) -> None:
    long = "C" * 1_000_000
    rows = [
        "OCC",
        "",
        "C1CC",
        "CC[Fe]",
        long,
        "C" * 129,
        "CCO ethanol",
        "C\x00C",
        "[Na+].CC(=O)[O-]",
        "*C",
        "N",
    ]
    curated = curated_text(tmp_path, "smiles\r\n" + "\r\n".join(rows) + "\r\n\r\n")
    assert kept_of(curated) == [
        (1, "CCO", "[C][C][O]"),
        (9, "CC(=O)[O-]", "[C][C][=Branch1][C][=O][O-1]"),
        (11, "N", "[N]"),
    ]
    assert ledger_of(curated) == [
        (2, "", "empty", ""),
        (3, "C1CC", "unparseable", "it is not SMILES syntax"),
        (4, "CC[Fe]", "element", "Fe"),
        (5, "C" * 197 + "...", "too long", "1000000 characters, at most 1000"),
        (6, "C" * 129, "too long", "129 symbols, at most 128"),
        (7, "CCO ethanol", "duplicate", "of row 1"),
        (
            8,
            "C\\x00C",
            "unparseable",
            'the character "\\x00" (U+0000) at position 2 does not belong in a SMILES',
        ),
        (10, "*C", "element", "*"),
    ]
    assert curated.summary_line() == "11 rows: 3 kept, 8 dropped"
    assert curated.dropped == {"empty": 1, "unparseable": 2, "element": 2, "too long": 2, "duplicate": 1}


def test_the_summary_says_what_other_settings_would_keep(tmp_path: Path) -> None:
    rows = [
        "CCO",
        "C" * 50,
        "C" * 200,
        "C" * 200,
        "CC[Fe]",
        "C[Fe][Na]",
        "C[C@H](N)O",
        "C/C=C/C",
        "C[NH3+]",
        "C-N",
    ]
    facts = curated_text(tmp_path, "smiles\n" + "\n".join(rows)).facts
    assert facts["kept_with_max_symbols"] == {"32": 5, "64": 6, "128": 6, "256": 7, "512": 7}
    assert facts["rows_with_only_element"] == {"Fe": 1}
    assert (facts["with_stereo_centers"], facts["with_stereo_bonds"], facts["with_charges"]) == (1, 1, 1)
    widened = CurationSettings(max_symbols=256, elements=("C", "O", "N", "Fe"))
    curated = curate(tmp_path / "input.csv", tmp_path / "cache", widened)
    assert curated.num_kept == 8


def test_neutralizing_merges_a_salt_with_its_acid(tmp_path: Path) -> None:
    text = "smiles\nCC(=O)O\nCC(=O)[O-].[Na+]\n"
    assert curated_text(tmp_path, text).num_kept == 2
    assert curated_text(tmp_path, text, settings=CurationSettings(neutralize=True)).dropped == {
        "duplicate": 1
    }


def test_an_unreadable_value_is_missing_and_its_row_kept(tmp_path: Path) -> None:
    text = 'smiles,logP\nC, 2.5 \nCC,1e-3\nCCC,"2,5"\nCCCC,NA\nCCCCC,inf\nCCCCCC,>10\nC=C,\nC#C,-\n'
    curated = curated_text(tmp_path, text, property_columns=["logP"])
    nan = math.nan
    np.testing.assert_array_equal(curated.properties()[:, 0], [2.5, 0.001, nan, nan, nan, nan, nan, nan])
    assert ledger_of(curated) == [
        (3, "CCC", "property", 'logP: "2,5" is not a number (a decimal comma: write a point)'),
        (5, "CCCCC", "property", 'logP: "inf" is not a finite number'),
        (6, "CCCCCC", "property", 'logP: ">10" is not a number'),
    ]
    assert curated.summary_line() == "8 rows: 8 kept, 0 dropped"
    assert curated.facts["unreadable_values"] == 3
    assert curated.property_kinds == ("regression",)


def test_values_of_duplicates_are_merged_by_their_median(tmp_path: Path) -> None:
    rows = ["CCO,1,", "CC,7,3", "OCC,5,2", "C(C)O,2,2", "CCO,,x", "CC,7,"]
    curated = curated_text(tmp_path, "smiles,a,b\n" + "\n".join(rows), property_columns=["a", "b"])
    np.testing.assert_array_equal(curated.properties(), [[2, 2], [7, 3]])
    assert ledger_of(curated) == [
        (3, "OCC", "duplicate", "of row 1; a is 5 here and 1 there; b is 2 here and missing there"),
        (4, "C(C)O", "duplicate", "of row 1; a is 2 here and 1 there; b is 2 here and missing there"),
        (5, "CCO", "duplicate", 'of row 1; b: "x" is not a number'),
        (6, "CC", "duplicate", "of row 2"),
    ]
    assert curated.facts["merged_values"] == {
        "a": {"molecules": 2, "differing": 1, "largest_spread": 4.0},
        "b": {"molecules": 1, "differing": 0, "largest_spread": 0.0},
    }


def test_yes_and_no_are_merged_by_majority_and_a_tie_is_missing(tmp_path: Path) -> None:
    rows = ["CCO,yes", "CCO,no", "CC,active", "CC,inactive", "CC,TRUE", "C,0", "N,maybe"]
    curated = curated_text(tmp_path, "smiles,hit\n" + "\n".join(rows), property_columns=["hit"])
    assert curated.property_kinds == ("yes/no",)
    np.testing.assert_array_equal(curated.properties()[:, 0], [math.nan, 1, 0, math.nan])
    assert (7, "N", "property", 'hit: "maybe" is not yes or no') in ledger_of(curated)


def test_a_file_without_a_usable_molecule_is_refused_with_the_main_reason(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        curated_text(tmp_path, "smiles,x\nfoo,1\nbar,2\n,3\n")
    path = tmp_path / "input.csv"
    message = f'no row of "{path}" holds a usable molecule: 2 of 3 rows are "unparseable"; row 1 has "foo"'
    assert str(caught.value) == message
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_property_column_without_a_number_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r'column "x" of ".*" has no number in it; row 2 has "abc"'):
        curated_text(tmp_path, "smiles,x\nC,\nCC,abc\n", property_columns=["x"])
    with pytest.raises(InputError, match=r'column "x" of ".*" has no number in it; all its cells are empty'):
        curated_text(tmp_path, "smiles,x\nC,\nCC,\n", property_columns=["x"])
    with pytest.raises(InputError, match='no molecule that was kept has a value in the property column "x"'):
        curated_text(tmp_path, "smiles,x\nC,\nbad,1\n", property_columns=["x"])


def test_a_column_of_decimal_commas_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r'in it; row 2 has "5,531": a decimal comma: write a point$'):
        curated_text(tmp_path, 'smiles,x\nC,NA\nCC,"5,531"\nCCC,"6,1"\n', property_columns=["x"])
    with pytest.raises(InputError, match='property column "x"; row 1 has "1,5": a decimal comma: write a'):
        curated_text(tmp_path, 'smiles,x\nC,"1,5"\nbad,2\n', property_columns=["x"])


def test_decimal_commas_between_semicolons_are_read_and_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = "smiles;x;y;hit\nC;5,531;-,5e-1;1\nCC; 6,25 ;1.5;0\nCCC;1,000,000;7;0\n"
    with caplog.at_level("INFO"):
        curated = curated_text(tmp_path, text, property_columns=["x", "y", "hit"])
    np.testing.assert_array_equal(curated.properties()[:, 0], [5.531, 6.25, math.nan])
    np.testing.assert_array_equal(curated.properties()[:, 1], [-0.05, 1.5, 7])
    assert ledger_of(curated) == [(3, "CCC", "property", 'x: "1,000,000" is not a number')]
    said = [message for message in caplog.messages if message.startswith("decimal")]
    assert said == [
        f'decimal commas in property columns of "{tmp_path / "input.csv"}" are read as points: '
        '"5,531" in "x" is 5.531'
    ]


@pytest.mark.parametrize(
    ("cells", "warning"),
    [
        ([">10", ">10", "7", "NA", ""], ', 2 of 3; row 1 has ">10": not a number'),
        (["7", "inf", "yes", "3", ""], None),
        (["yes", "2", "3", "no", "2", "1", "0", "5", "6", "x"], None),
        (["yes", "x", "y", "no", "z", "2"], ', 4 of 6; row 2 has "x": not yes or no'),
    ],
)
def test_a_column_that_mostly_can_not_be_read_is_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, cells: list[str], warning: str | None
) -> None:
    rows = [f"{'C' * number},{cell}" for number, cell in enumerate(cells, start=1)]
    curated_text(tmp_path, "smiles,x\n" + "\n".join(rows), property_columns=["x"])
    expected = f'most cells of the property column "x" can\'t be read{warning}'
    assert caplog.messages == ([] if warning is None else [expected])


def test_missing_files_and_columns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r'the file ".*no\.csv" is not there'):
        curate(tmp_path / "no.csv", tmp_path)
    with pytest.raises(InputError, match=r'has no property column "z"'):
        curated_text(tmp_path, "smiles,x\nC,1\n", property_columns=["z"])


def test_a_cache_that_can_t_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    (tmp_path / "a.smi").write_text("C\n")
    with pytest.raises(InputError, match=r'can\'t write to the cache folder ".*taken"'):
        curate(tmp_path / "a.smi", tmp_path / "taken")


def test_the_cache_is_reused_while_file_and_settings_stay(tmp_path: Path) -> None:
    first = curated_text(tmp_path, "smiles,x\nC,1\n", property_columns=["x"])
    written = (first.folder / "summary.json").stat().st_mtime_ns
    again = curated_text(tmp_path, "smiles,x\nC,1\n", property_columns=["x"])
    assert again == first
    assert (first.folder / "summary.json").stat().st_mtime_ns == written
    assert curated_text(tmp_path, "smiles,x\nC,2\n", property_columns=["x"]).key != first.key
    assert curated_text(tmp_path, "smiles,x\nC,1\n").key != first.key
    assert (
        curated_text(tmp_path, "smiles,x\nC,1\n", settings=CurationSettings(max_symbols=9)).key != first.key
    )


@pytest.mark.parametrize("name", ["summary.json", "molecules.parquet", "properties.npy", "ledger.csv"])
def test_a_damaged_cache_entry_is_made_again(tmp_path: Path, name: str) -> None:
    first = curated_text(tmp_path, "smiles\nC\nCC\n")
    (first.folder / name).unlink()
    assert curated_text(tmp_path, "smiles\nC\nCC\n") == first
    (first.folder / name).write_bytes(b"") if name != "ledger.csv" else None
    assert kept_of(curated_text(tmp_path, "smiles\nC\nCC\n")) == [(1, "C", "[C]"), (2, "CC", "[C][C]")]


def test_curating_what_was_kept_changes_nothing(tmp_path: Path) -> None:
    rows = [
        "OC(=O)c1ccccc1OC(C)=O",
        "[O-][N+](=O)c1ccccc1",
        "C[C@@H](N)C(O)=O",
        "F/C=C/F",
        "c1ccc2[nH]ccc2c1",
    ]
    first = curated_text(tmp_path, "smiles\n" + "\n".join(rows))
    smiles = [smiles for _, smiles, _ in kept_of(first)]
    second = curated_text(tmp_path, "smiles\n" + "\n".join(smiles))
    assert [smiles for _, smiles, _ in kept_of(second)] == smiles
    assert second.num_dropped == 0


@hypothesis_settings(max_examples=40, deadline=None)
@given(st.lists(st.text("CNOcn1(=)[]+-@ \t\"',\x00é", max_size=12), min_size=1, max_size=12))
def test_kept_and_dropped_are_all_rows_whatever_the_texts(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    path = folder / "a.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["smiles"], ["C"], *([text] for text in texts)])
    curated = curate(path, folder / "cache")
    accounted = {row for row, *_ in kept_of(curated)} | {row for row, *_ in ledger_of(curated)}
    assert accounted == set(range(1, len(texts) + 2))
    assert curated.num_rows == curated.num_kept + curated.num_dropped == len(texts) + 1


def test_an_unfinished_folder_of_yesterday_is_deleted_and_one_of_today_is_not(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    old, new, other = cache / "tokens-1.x.part", cache / "curated-2.y.part", cache / "mine.part"
    yesterday = time.time() - 25 * 60 * 60
    for folder in (old, new, other):
        folder.mkdir(parents=True)
        (folder / "ledger.csv").write_text("row\n")
    for path in (old / "ledger.csv", old, new, other / "ledger.csv", other):
        os.utime(path, (yesterday, yesterday))
    curated_text(tmp_path, "smiles\nC\n")
    assert [folder.exists() for folder in (old, new, other)] == [False, True, True]


def test_the_summary_file_is_plain_json(tmp_path: Path) -> None:
    curated = curated_text(tmp_path, "smiles\nC\nbad\n")
    summary = json.loads((curated.folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["summary"] == "2 rows: 1 kept, 1 dropped"
    assert summary["facts"]["settings"]["max_symbols"] == 128
    # printf 'smiles\nC\nbad\n' | sha256sum
    assert summary["sha256"] == "a5f9496a4fe3958576c2785e2139a7e7d43163f9e39ce0d1be6691704e54b6dd"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"elements": ()}, "elements is empty"),
        ({"elements": ("C", "Xx")}, 'elements holds "Xx", which is no chemical element'),
        ({"max_symbols": 0}, 'max_symbols is "0"'),
        ({"max_smiles_length": 20_000}, 'max_smiles_length is "20000": give a number from 1 to 10000'),
    ],
)
def test_settings_out_of_range_are_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        CurationSettings(**values)  # type: ignore[arg-type]
