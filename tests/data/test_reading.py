"""Any file of SMILES to rows: encodings, quotes, ragged rows, columns found, and what is refused."""

import csv
import gzip
import io
import logging
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from molvae.data.reading import Table, open_table
from molvae.data.records import MAX_QUOTED_LINES, split_lines
from molvae.errors import InputError, MissingFileError


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def smiles_of(table: Table) -> list[str]:
    return [text for chunk in table.chunks() for text in chunk.smiles]


def rows_of(table: Table) -> list[tuple[int, str, list[str]]]:
    return [row for chunk in table.chunks(2) for row in zip(*chunk[:3], strict=True)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "id,smiles\n1,CCO\n2,c1ccccc1\n"),
        ("a.csv.gz", "id,smiles\n1,CCO\n2,c1ccccc1\n"),
        ("a.csv", "id;smiles\r\n1;CCO\r\n2;c1ccccc1\r\n"),
        ("a.tsv", "id\tSMILES\n1\tCCO\n2\tc1ccccc1"),
        ("a.smi", "CCO ethanol\nc1ccccc1 benzene\n"),
        ("a.smi", "CCO\tethanol\nc1ccccc1\tbenzene\n"),
        ("a.smi.gz", "smiles name\nCCO ethanol\nc1ccccc1 benzene\n"),
        ("a.smiles", "CCO\nc1ccccc1"),
        ("a.txt", "CCO\r\nc1ccccc1\r\n"),
        ("a.txt", "smiles,id\nCCO,1\nc1ccccc1,2\n"),
        ("a.CSV", '"Canonical Smiles","id"\n"CCO","1"\n"c1ccccc1","2"\n'),
        ("a.csv", b"\xef\xbb\xbfsmiles\nCCO\nc1ccccc1\n"),
        ("a.csv", "smiles,id\nCCO,1\nc1ccccc1,2\n".encode("utf-16")),
        ("a.csv", "\n\nsmiles\nCCO\nc1ccccc1\n\n \n\n"),
        ("a.csv", "1,CCO\n2,c1ccccc1\n"),
        ("a.csv", "sep=;\r\nid;smiles;x\r\n1;CCO;1,5\r\n2;c1ccccc1;2,5\r\n"),
        ("a.csv.gz", "\nSEP=,\nid,smiles\n1,CCO\n2,c1ccccc1\n"),
        ("a.csv", "sep=;\r\nid;smiles\r\n1;CCO\r\n2;c1ccccc1\r\n".encode("utf-16")),
        ("a.csv", b"\xef\xbb\xbfsep=\t\nid\tsmiles\n1\tCCO\n2\tc1ccccc1\n"),
        ("a.csv", '"sep=|",,\nid|smiles,|a\n1|CCO|a,b,c\n2|c1ccccc1|a,,\n'),
        ("a.csv", "name,what it is\n1,CCO\n2,c1ccccc1\n"),
    ],
)
def test_the_same_two_molecules_are_read_from_every_kind_of_file(
    tmp_path: Path, name: str, content: str | bytes
) -> None:
    assert smiles_of(open_table(written(tmp_path, name, content))) == ["CCO", "c1ccccc1"]


def test_parquet_is_read_like_text(tmp_path: Path) -> None:
    columns = {"smiles": ["CCO", None, "C"], "logP": [0.1, None, 3.0], "active": [True, False, None]}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    table = open_table(tmp_path / "a.parquet", property_columns=["active", "logP"])
    assert rows_of(table) == [(1, "CCO", ["True", "0.1"]), (2, "", ["False", ""]), (3, "C", ["", "3.0"])]


def test_rows_are_numbered_from_one_below_the_header(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "smiles\nC\nCC\nCCC\nCCCC\nCCCCC\n")
    assert [row for row, *_ in rows_of(open_table(path))] == [1, 2, 3, 4, 5]
    path = written(tmp_path, "a.smi", "C\nCC\n")
    assert rows_of(open_table(path)) == [(1, "C", []), (2, "CC", [])]


def test_blank_lines_between_rows_are_rows_and_those_at_the_end_are_not(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "smiles,x\nCC,1\n\n  \nCCC,2\n\n\n")
    assert rows_of(open_table(path, property_columns=["x"])) == [
        (1, "CC", ["1"]),
        (2, "", [""]),
        (3, "", [""]),
        (4, "CCC", ["2"]),
    ]


def test_short_rows_have_empty_cells_and_long_ones_keep_their_place(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "id,smiles,x\n1\n2,CC\n3,CCC,7,8,9\n")
    table = open_table(path, property_columns=["x"])
    assert rows_of(table) == [(1, "", [""]), (2, "CC", [""]), (3, "CCC", ["7"])]


def test_rows_with_more_or_fewer_cells_than_the_header_are_counted_but_not_blank_lines(
    tmp_path: Path,
) -> None:
    path = written(tmp_path, "a.csv", "id,smiles,x\n1,C,1\n2,CC\n\n3,CCC,7,8,9\n4,CCCC,\n")
    assert [chunk.num_ragged for chunk in open_table(path).chunks(2)] == [1, 1, 0]
    headless = written(tmp_path, "a.smi", "CCO ethanol\nC\nCC two words\n")
    assert [chunk.num_ragged for chunk in open_table(headless).chunks()] == [0]


def test_quoted_cells_may_hold_delimiters_quotes_and_line_ends(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", 'note,smiles\n"a, b",CC\n"say ""x""\nand y",CCC\nz,"CCCC"\n')
    assert smiles_of(open_table(path)) == ["CC", "CCC", "CCCC"]


def test_an_unclosed_quote_costs_its_own_line_only(tmp_path: Path) -> None:
    lines = ["smiles,note", *(f"{'C' * n},n{n}" for n in range(1, 60))]
    lines[10] = 'CO,"open'
    path = written(tmp_path, "a.csv", "\n".join(lines))
    smiles = smiles_of(open_table(path))
    assert len(smiles) == 59
    assert smiles[9:11] == ["CO", "C" * 11]


def test_a_later_quoted_row_does_not_close_an_unclosed_quote(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", 'smiles,note,x\nC,"open,1\nCC,fine,2\nCCC,"a, b",3\n')
    assert smiles_of(open_table(path)) == ["C", "CC", "CCC"]


def test_a_nul_byte_and_a_bad_byte_stay_in_their_cell(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", b"smiles,note\nC\x00C,a\nCCO,\xff\xfe\nCCC,b\n")
    assert smiles_of(open_table(path)) == ["C\x00C", "CCO", "CCC"]


def test_a_million_characters_are_a_cell_like_any_other(tmp_path: Path) -> None:
    long = "C" * 1_000_000
    path = written(tmp_path, "a.csv", f'smiles,x\n{long},1\n"{long}",2\nCC,3\n')
    assert [len(text) for text in smiles_of(open_table(path))] == [1_000_000, 1_000_000, 2]


def test_a_known_name_wins_over_other_columns_of_molecules(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = written(tmp_path, "a.csv", "fragment,Canonical_SMILES\nC,CCO\nCC,CCN\n")
    with caplog.at_level(logging.INFO):
        assert open_table(path).smiles_column == "Canonical_SMILES"
    assert 'SMILES are read from "Canonical_SMILES"' in caplog.text
    assert open_table(path, smiles_column="fragment").smiles_column == "fragment"
    assert open_table(path, smiles_column="FRAGMENT").smiles_column == "fragment"


def test_without_a_known_name_the_column_that_parses_most_is_taken(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "key,drug,N\nx1,CCO,3\nx2,bad(,4\nx3,CCN,5\n")
    table = open_table(path)
    assert table.smiles_column == "drug"
    assert smiles_of(table) == ["CCO", "bad(", "CCN"]


@pytest.mark.parametrize(
    ("content", "is_doubtful"),
    [
        ("CXC,1\nCCO,2\nCCN,3\n", True),
        ("key,drug\nx1,CCO\nx2,CCN\n", True),
        ("id,structure\nx1,CCO\nx2,CCN\n", False),
        ("my_smiles,x\nCCO,2\nCCN,3\n", False),
        ("CCO,2\nCCN,3\n", False),
    ],
)
def test_a_first_line_that_may_be_a_broken_molecule_is_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: str, is_doubtful: bool
) -> None:
    path = written(tmp_path, "a.csv", content)
    table = open_table(path)
    assert ("is taken for a header" in caplog.text) == is_doubtful
    caplog.clear()
    open_table(path, smiles_column=table.smiles_column)
    assert caplog.text == ""


def test_the_warning_of_a_doubtful_header_says_what_to_do(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = written(tmp_path, "a.csv", "CXC,1\nCCO,2\nCCN,3\n")
    assert smiles_of(open_table(path)) == ["CCO", "CCN"]
    assert caplog.messages == [
        f'the first line of "{path}" is taken for a header, though "CXC" is no usual name of a SMILES '
        'column; if it is one, say so with --smiles-column "CXC"; if that line is a molecule, put a line '
        'with the word "smiles" above it'
    ]


def test_a_first_molecule_that_is_broken_is_not_taken_for_a_header(tmp_path: Path) -> None:
    path = written(tmp_path, "a.smi", "CC(C bad\nCCO ethanol\nCCN amine\n")
    assert smiles_of(open_table(path)) == ["CC(C", "CCO", "CCN"]


@pytest.mark.parametrize("name", ["a.smi", "a.smiles", "a.txt", "a.smi.gz"])
@pytest.mark.parametrize(
    "first", ["CCO CPD-00339 some name", "CCO\tCPD-00339\tsome name", "CCO  compound 12", "CCO\tname"]
)
def test_a_first_molecule_with_a_name_of_several_words_is_not_taken_for_a_header(
    tmp_path: Path, name: str, first: str
) -> None:
    rest = f"CCN{first[3:]} else\nCC(C{first[3]}bad one\nc1ccccc1\n"
    assert smiles_of(open_table(written(tmp_path, name, f"{first}\n{rest}"))) == [
        *("CCO", "CCN", "CC(C", "c1ccccc1")
    ]


@pytest.mark.parametrize("header", ["NO structure", "C smiles", "N\tname\tMy_SMILES"])
def test_a_known_name_makes_a_line_a_header_though_its_first_word_is_a_molecule(
    tmp_path: Path, header: str
) -> None:
    delimiter = "\t" if "\t" in header else " "
    cells = ["1", "CCO"] if delimiter == " " else ["1", "ethanol", "CCO"]
    path = written(tmp_path, "a.smi", f"{header}\n" + 2 * f"{delimiter.join(cells)}\n")
    assert smiles_of(open_table(path)) == ["CCO", "CCO"]


def test_nameless_and_double_columns_get_names(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", ",smiles,x,x\n0,CCO,1,2\n")
    table = open_table(path, property_columns=["x (column 4)"])
    assert table.columns == ("column 1", "smiles", "x", "x (column 4)")
    assert rows_of(table) == [(1, "CCO", ["2"])]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r'the file ".*none.csv" is not there; check its path'):
        open_table(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.xlsx", "x", r"the ending of its name must be one of \.csv, \.tsv, \.smi"),
        ("a.csv", "", r'the file ".*a\.csv" is empty'),
        ("a.csv", "\n \n", r'the file ".*a\.csv" is empty'),
        ("a.csv", "sep=;\n\n", r'the file ".*a\.csv" is empty'),
        ("a.csv", "sep=;\nsmiles;x\n", r"has a header but no rows"),
        ("a.csv", "smiles,x\n", r"has a header but no rows"),
        (
            "a.csv",
            "a,b\n1,2\n3,4\n",
            r'no column of ".*" holds SMILES; columns: "a", "b"; call one "smiles", or',
        ),
        ("a.parquet", "no parquet", r'can\'t read ".*a\.parquet" as Parquet'),
    ],
)
def test_a_file_without_molecules_is_refused(tmp_path: Path, name: str, content: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        open_table(written(tmp_path, name, content))
    assert "\n" not in str(caught.value)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is a folder; give the file in it"):
        open_table(tmp_path)


def test_damaged_gzip_files_are_refused(tmp_path: Path) -> None:
    whole = gzip.compress("\n".join(["smiles", *("C" * (n % 50 + 1) for n in range(9000))]).encode())
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(
        InputError, match=r'the gzip file ".*cut\.csv\.gz" is cut short or damaged; get it again'
    ):
        list(open_table(cut).chunks())
    plain = tmp_path / "plain.csv.gz"
    plain.write_text("smiles\nCC\n")
    with pytest.raises(InputError, match=r"is not a gzip file, though its name says so"):
        open_table(plain)


def test_a_column_that_is_not_there_is_refused_with_the_nearest_and_all_names(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "smiles,logP,weight\nCC,1,2\n")
    with pytest.raises(
        InputError, match=r'no column "smile"; did you mean "smiles"\? its columns: "smiles", "logP"'
    ):
        open_table(path, smiles_column="smile")
    with pytest.raises(InputError, match=r'no property column "logD"; did you mean "logP"\? its columns'):
        open_table(path, property_columns=["logD"])
    with pytest.raises(
        InputError, match=r'no property column "zzz"; its columns: "smiles", "logP", "weight"'
    ):
        open_table(path, property_columns=["zzz"])
    with pytest.raises(InputError, match=r'a column of ".*" is asked for twice: "smiles", "logP", "logP"'):
        open_table(path, property_columns=["logP", "logP"])


cells = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=8)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(cells, min_size=2, max_size=2), min_size=1, max_size=8))
def test_what_the_csv_module_writes_is_read_back(rows: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    lines = text.getvalue().split("\n")[:-1]
    if all(row[0].count("\n") + row[1].count("\n") < MAX_QUOTED_LINES for row in rows):
        assert list(split_lines(lines, ",")) == rows


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text('"a,\x00 \t', max_size=6), max_size=50))
def test_no_line_is_lost_whatever_its_quotes(lines: list[str]) -> None:
    records = list(split_lines(lines, ","))
    for record in records:
        assert sum(cell.count("\n") for cell in record) < MAX_QUOTED_LINES
    num_lines = sum(1 + sum(cell.count("\n") for cell in record) for record in records)
    assert num_lines == len(lines)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "a.csv"
    path.write_bytes(data)
    try:
        table = open_table(path)
        chunks = list(table.chunks())
    except InputError as error:
        message = str(error)
    else:
        message = ""
        assert sum(len(chunk.rows) for chunk in chunks) >= 1
    assert "\n" not in message
