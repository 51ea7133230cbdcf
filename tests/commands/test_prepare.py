"""molvae prepare: what it says of a table."""

from pathlib import Path

from tests.command_line import RunMolvae

ROWS = [
    "CCO,1.5,yes,3",
    "OCC,2.75,no,3",
    "OCC,,no,",
    "C1CC,1,yes,",
    "CC[Fe],1,yes,",
    "C[Fe],1,yes,",
    "C[Pt],1,yes,",
    "C[Fe][Pt],1,yes,",
    "C" * 40 + ",1,no,40",
    "C" * 140 + ",1,no,140",
    "C[C@H](N)O,high,yes,4",
    "C/C=C/C,2,maybe,4",
    "C[NH3+],3,yes,2",
    "CN,5,,2",
    "NC,5,,2",
]


def report(molvae_command: RunMolvae, table: Path, *flags: object) -> list[str]:
    """The lines that `molvae prepare` prints of a table, without the last, the ledger's."""
    outcome = molvae_command("prepare", table, "--num-workers", 0, *flags)
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert Path(lines[-1].removeprefix("ledger: ")).is_file()
    return lines[:-1]


def test_a_table_is_described_in_a_few_lines(molvae_command: RunMolvae, tmp_path: Path) -> None:
    table = tmp_path / "mixed.csv"
    flags = ["--property", "logP", "--property", "hit", "--property", "size"]
    table.write_text("\n".join(["smiles,logP,hit,size", *ROWS]) + "\n", encoding="utf-8")
    assert report(molvae_command, table, *flags) == [
        'SMILES column "smiles", 15 rows: 6 kept, 9 dropped',
        "  unparseable: 1",
        "  element: 4",
        "  too long: 1",
        "  duplicate: 3",
        "  molecules with stereo centers: 1, stereo bonds: 1, charges: 1",
        "  kept at another max_symbols: 5 at 32, 7 at 256, 7 at 512",
        "  rows kept out by one element alone: 2 with Fe, 1 with Pt",
        "  unreadable property values: 2",
        "  molecules with logP measured more than once: 2, differing: 1 (merged to the median), "
        "largest spread: 1.25",
        "  molecules with hit measured more than once: 1, differing: 1 (merged to the majority)",
        "  molecules with size measured more than once: 2",
    ]


def test_salts_that_are_cut_and_ragged_rows_are_counted(molvae_command: RunMolvae, tmp_path: Path) -> None:
    table = tmp_path / "salts.csv"
    rows = [
        "CCN.Cl,1",
        "CCO,2,extra",
        "CCC",
        "",
        "CC=O a.name,3",
        "[Na+].CC(=O)[O-] salt,4",
        "CCO.O,2",
        "C[Fe].O,1",
    ]
    table.write_text("\n".join(["smiles,x", *rows]) + "\n", encoding="utf-8")
    lines = report(molvae_command, table)
    assert lines[0] == 'SMILES column "smiles", 8 rows: 5 kept, 3 dropped'
    assert "  cut to their largest fragment (salts, solvents): 2" in lines
    assert "  rows with more or fewer cells than the header: 2" in lines


def test_of_a_table_without_surprises_only_the_rows_are_counted(
    molvae_command: RunMolvae, tmp_path: Path
) -> None:
    table = tmp_path / "plain.csv"
    table.write_text("smiles,x\nCCO,1\nCCN,2\n", encoding="utf-8")
    assert report(molvae_command, table, "--property", "x") == [
        'SMILES column "smiles", 2 rows: 2 kept, 0 dropped'
    ]


def test_of_many_foreign_elements_the_most_frequent_are_named(
    molvae_command: RunMolvae, tmp_path: Path
) -> None:
    metals = ["Fe", "Pt", "Au", "Ag", "Cu", "Zn", "Ni", "Co", "Pd", "Ru"]
    table = tmp_path / "metals.smi"
    rows = [f"C[{metal}]" for place, metal in enumerate(metals) for _ in range(20 - place)]
    table.write_text("\n".join(["CCO", *rows]) + "\n", encoding="utf-8")
    named = ", ".join(f"{20 - place} with {metal}" for place, metal in enumerate(metals[:8]))
    expected = f"  rows kept out by one element alone: {named}, and 2 more elements"
    assert expected in report(molvae_command, table)
