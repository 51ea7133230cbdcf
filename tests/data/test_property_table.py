"""A table in, its properties out: every row in its place, and nothing overwritten without being told."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from molvae import cli
from molvae.data.property_table import PropertyTableSettings, write_property_table
from molvae.errors import InputError, MissingFileError, OutputExistsError, SettingsError

COUNTS = ("num_heavy_atoms", "num_rings")


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_every_row_has_its_cells_and_its_values(tmp_path: Path) -> None:
    table, out = tmp_path / "a.csv", tmp_path / "out.csv"
    table.write_text('id,Smiles\n1,OCC\n2,C1CC\n3,\n4,c1ccccc1 benzene\n5,"C,C"\n')
    counts = write_property_table(table, out, PropertyTableSettings(property_names=(*COUNTS, "mw")))
    assert rows_of(out) == [
        ["id", "Smiles", "num_heavy_atoms", "num_rings", "MW"],
        ["1", "OCC", "3", "0", "46.069"],
        ["2", "C1CC", "", "", ""],
        ["3", "", "", "", ""],
        ["4", "c1ccccc1 benzene", "6", "1", "78.114"],
        ["5", "C,C", "", "", ""],
    ]
    assert counts == (5, 5, 3)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "out.csv"]


def test_a_table_without_a_header_gets_one(tmp_path: Path) -> None:
    (tmp_path / "a.smi").write_text("CCO ethanol\nC methane\n")
    settings = PropertyTableSettings(property_names=COUNTS[:1])
    write_property_table(tmp_path / "a.smi", tmp_path / "out.csv", settings)
    assert rows_of(tmp_path / "out.csv") == [
        ["smiles", "column 2", "num_heavy_atoms"],
        ["CCO", "ethanol", "3"],
        ["C", "methane", "1"],
    ]


def test_all_columns_are_carried_through_in_their_order_and_as_they_are(tmp_path: Path) -> None:
    table, out = tmp_path / "a.csv", tmp_path / "out.csv"
    rows = [
        "id;drug;;pIC50;note;note",
        '01;CCO;a;5,531;"x; ""y"" ";1',
        "2;C1CC;b",
        "",
        "3;C;;1e3;,;z;surplus",
    ]
    table.write_text("\n".join(rows) + "\n")
    settings = PropertyTableSettings(property_names=COUNTS[:1], smiles_column="drug")
    write_property_table(table, out, settings)
    assert rows_of(out) == [
        ["id", "drug", "column 3", "pIC50", "note", "note (column 6)", "num_heavy_atoms"],
        ["01", "CCO", "a", "5,531", 'x; "y" ', "1", "3"],
        ["2", "C1CC", "b", "", "", "", ""],
        ["", "", "", "", "", "", ""],
        ["3", "C", "", "1e3", ",", "z", "1"],
    ]


def test_a_name_of_several_words_is_carried_whole(tmp_path: Path) -> None:
    path, out = tmp_path / "a.smi", tmp_path / "out.csv"
    path.write_text("smiles name\nCCO ethyl  alcohol\nC\nCC ethane\n")
    write_property_table(path, out, PropertyTableSettings(property_names=COUNTS[:1]))
    assert rows_of(out)[1:] == [["CCO", "ethyl alcohol", "3"], ["C", "", "1"], ["CC", "ethane", "2"]]


def test_a_column_of_a_property_s_name_is_refused_before_any_work(tmp_path: Path) -> None:
    table, out = tmp_path / "a.csv", tmp_path / "out.csv"
    table.write_text("smiles,logP\nC,1\n")
    with pytest.raises(InputError) as caught:
        write_property_table(table, out, PropertyTableSettings(property_names=("MW", "logp")))
    assert str(caught.value) == f'"{table}" has a column "logP"; rename it there, or don\'t compute logP'
    assert not out.exists()


def test_only_so_many_random_rows_get_values_and_the_seed_draws_them(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("smiles\n" + "\n".join("C" * n for n in range(1, 41)) + "\n")

    def computed(seed: int, num_rows: int = 10) -> list[int]:
        settings = PropertyTableSettings(property_names=COUNTS[:1], num_rows=num_rows, seed=seed)
        write_property_table(tmp_path / "a.csv", tmp_path / "out.csv", settings, overwrite=True)
        rows = rows_of(tmp_path / "out.csv")[1:]
        assert [len(smiles) for smiles, _ in rows] == list(range(1, 41))
        assert all(value in ("", str(len(smiles))) for smiles, value in rows)
        return [len(smiles) for smiles, value in rows if value]

    assert len(computed(1)) == 10
    assert computed(1) == computed(1) != computed(2)
    assert len(computed(1, num_rows=1000)) == 40
    drawn = Counter(row for seed in range(60) for row in computed(seed))
    assert len(drawn) == 40  # each row is drawn by one of 60 seeds, but for a chance of 1 in a million


def test_worker_processes_write_the_same_table(tmp_path: Path) -> None:
    texts = ["C" * (n % 30 + 1) if n % 5 else f"bad{n}" for n in range(2600)]
    (tmp_path / "a.csv").write_text("smiles\n" + "\n".join(texts) + "\n")
    for name, num_workers in (("one.csv", 0), ("two.csv", 2)):
        settings = PropertyTableSettings(property_names=COUNTS, num_rows=2500, num_workers=num_workers)
        write_property_table(tmp_path / "a.csv", tmp_path / name, settings)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    assert [row[0] for row in rows_of(tmp_path / "two.csv")[1:]] == texts


def test_no_file_is_overwritten_without_being_told(tmp_path: Path) -> None:
    table, out = tmp_path / "a.csv", tmp_path / "out.csv"
    table.write_text("smiles\nC\n")
    out.write_text("precious")
    settings = PropertyTableSettings(property_names=COUNTS)
    with pytest.raises(OutputExistsError, match=r'"[^"]*out\.csv" exists; give another file, or --overwrite'):
        write_property_table(table, out, settings)
    assert out.read_text() == "precious"
    with pytest.raises(OutputExistsError, match="is a folder; give a file for the properties"):
        write_property_table(table, tmp_path, settings, overwrite=True)
    with pytest.raises(InputError, match=r'"[^"]*a\.csv" is the table itself; give another file'):
        write_property_table(table, table, settings, overwrite=True)
    with pytest.raises(MissingFileError, match=r'the folder "[^"]*none" is not there; make it first'):
        write_property_table(table, tmp_path / "none" / "out.csv", settings)
    write_property_table(table, out, settings, overwrite=True)
    assert rows_of(out)[1] == ["C", "1", "0"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"property_names": ()}, "property_names is empty: name at least one property"),
        ({"property_names": ("logP", "LOGP")}, 'property_names holds one twice: "logP, logP"'),
        ({"property_names": ("qd",)}, 'unknown property "qd": did you mean "QED"'),
        ({"num_rows": 0}, 'num_rows is "0"; it must be 1 or more'),
        ({"seed": -1}, 'seed is "-1"; it must be 0 or more'),
        ({"num_workers": -1}, 'num_workers is "-1"; it must be 0 or more'),
    ],
)
def test_settings_out_of_range_are_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        PropertyTableSettings(**{"property_names": COUNTS, **values})  # type: ignore[arg-type]


def test_the_command_writes_the_table_and_says_how_many_rows_have_values(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, out = tmp_path / "a.csv", tmp_path / "out.csv"
    table.write_text("drug,id\nCCO,1\nC1CC,2\nC,3\n")
    argv = ["properties", str(table), "--out", str(out), "--smiles-column", "drug", "--property", "MW"]
    assert cli.main([*argv, "--property", "num_rings", "--rows", "3", "--seed", "5"]) == 0
    assert capsys.readouterr().out == f"3 rows: 2 with values, 1 can't be computed\nproperties: {out}\n"
    assert rows_of(out)[1] == ["CCO", "1", "46.069", "0"]
    assert cli.main(argv) == 1
    assert "or --overwrite" in capsys.readouterr().err
    assert cli.main([*argv, "--overwrite"]) == 0
    assert cli.main(argv[:-2]) == 1
    assert '"property_names" is required; give --property' in capsys.readouterr().err
