"""Tables on disk and in the terminal."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rdkit import Chem

from molvae.commands import tables
from molvae.commands.tables import TABLE_ENDINGS, WRITERS, check_out, in_columns, read_smiles, write_table
from molvae.errors import InputError, OutputExistsError

TABLE = pd.DataFrame({"smiles": ["CCO", "", "c1ccccc1"], "logP": [-0.0014, np.nan, 1.6866], "n": [1, 2, 3]})


@pytest.mark.parametrize(
    ("ending", "read"),
    [
        (".csv", pd.read_csv),
        (".tsv", lambda path: pd.read_csv(path, sep="\t")),
        (".parquet", pd.read_parquet),
    ],
)
def test_a_table_is_the_same_after_writing_and_reading(ending: str, read: object, tmp_path: Path) -> None:
    path = tmp_path / f"table{ending}"
    write_table(TABLE, path)
    back = read(path).fillna({"smiles": ""})  # type: ignore[operator]
    pd.testing.assert_frame_equal(back, TABLE, check_dtype=False)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_a_smi_file_holds_the_molecules_only(tmp_path: Path) -> None:
    write_table(TABLE, tmp_path / "table.smi")
    assert (tmp_path / "table.smi").read_text(encoding="utf-8") == "CCO\nc1ccccc1\n"


def test_an_sdf_file_holds_drawn_molecules_with_their_columns(tmp_path: Path) -> None:
    write_table(TABLE, tmp_path / "table.sdf")
    ethanol, benzene = Chem.SDMolSupplier(str(tmp_path / "table.sdf"))
    assert Chem.MolToSmiles(benzene) == "c1ccccc1"
    assert (ethanol.GetProp("logP"), ethanol.GetProp("n")) == ("-0.0014", "1")
    assert np.ptp(benzene.GetConformer().GetPositions()[:, :2]) > 1


def test_rows_without_a_molecule_are_announced(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_table(TABLE, tmp_path / "table.smi")
    assert caplog.messages == ["1 rows without a molecule are left out of the file"]


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(table: pd.DataFrame, path: Path) -> None:
        path.write_text("half", encoding="utf-8")
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(tables.WRITERS, ".csv", fail)
    path = tmp_path / "table.csv"
    path.write_text("before", encoding="utf-8")
    with pytest.raises(OSError, match="No space left"):
        write_table(TABLE, path)
    assert path.read_text(encoding="utf-8") == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_can_not_be_written_to_is_refused_beforehand(tmp_path: Path) -> None:
    taken = tmp_path / "taken.csv"
    taken.write_text("mine", encoding="utf-8")
    folder = tmp_path / "folder.csv"
    folder.mkdir()
    with pytest.raises(OutputExistsError, match=r'taken.csv" exists; give another file, or --overwrite$'):
        check_out(taken, overwrite=False)
    with pytest.raises(OutputExistsError, match="is a folder; give a file"):
        check_out(folder, overwrite=True)
    with pytest.raises(InputError, match=r'unknown ending "\.xlsx"; use one of \.csv, \.tsv, \.smi, '):
        check_out(tmp_path / "table.xlsx", overwrite=False)
    with pytest.raises(InputError, match=r'unknown ending "\.smi"; use one of \.csv, \.tsv, \.parquet'):
        check_out(tmp_path / "table.smi", overwrite=False, endings=TABLE_ENDINGS)
    with pytest.raises(InputError, match=r'there is no folder ".*nowhere" for "table.csv"; make it first'):
        check_out(tmp_path / "nowhere" / "table.csv", overwrite=False)
    check_out(taken, overwrite=True)
    for ending in WRITERS:
        check_out(tmp_path / f"new{ending.upper()}", overwrite=False)


def test_rows_are_numbered_from_the_first_below_the_header(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("id,smiles,logP\na,CCO,1.5\nb,,\nc,CC\n", encoding="utf-8")
    found = read_smiles(path, measured=("logP", "QED"))
    assert found.rows == [1, 2, 3]
    assert found.smiles == ["CCO", "", "CC"]
    assert found.cells == {"id": ["a", "b", "c"], "logP": ["1.5", "", ""]}
    assert read_smiles(path).cells == {}


def test_a_table_in_the_terminal_is_aligned_and_shortens_nothing() -> None:
    table = pd.DataFrame(
        {"rank": [1, 10], "QED": [0.5, np.nan], "same": [True, False], "smiles": ["C" * 90, "C"]}
    )
    assert in_columns(table).splitlines() == [
        "rank    QED  same  smiles",
        f"   1  0.500  yes   {'C' * 90}",
        "  10      -  no    C",
    ]
