"""molvae neighbors and interpolate."""

from pathlib import Path

import pandas as pd
import pytest
from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator
from rdkit.DataStructs import TanimotoSimilarity

from molvae.generation.latent_model import MoleculeModel
from tests.command_line import RunMolvae

BENZAMIDE, PHENETOLE = "NC(=O)c1ccccc1", "CCOc1ccccc1"


def test_neighbors_are_distinct_and_sorted_by_their_likeness(
    molvae_command: RunMolvae, tiny_model_dir: Path, tmp_path: Path
) -> None:
    out = tmp_path / "near.csv"
    outcome = molvae_command("neighbors", tiny_model_dir, BENZAMIDE, "-n", 6, "--out", out)
    table = pd.read_csv(out)
    assert len(table) == table["smiles"].nunique() == 6
    assert Chem.CanonSmiles(BENZAMIDE) not in table["smiles"].tolist()
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    prints = [generator.GetFingerprint(Chem.MolFromSmiles(text)) for text in [BENZAMIDE, *table["smiles"]]]
    expected = [TanimotoSimilarity(prints[0], other) for other in prints[1:]]
    assert expected == sorted(expected, reverse=True)
    assert table["tanimoto"].round(5).tolist() == [round(value, 5) for value in expected]
    lines = outcome.out.splitlines()
    assert lines[0].split() == ["tanimoto", "noise", "smiles"]
    assert [line.split()[2] for line in lines[1:]] == table["smiles"].tolist()


def test_a_file_gives_the_neighbors_of_each_row_and_a_ledger_of_those_that_can_not_be_read(
    molvae_command: RunMolvae, tiny_model_dir: Path, tmp_path: Path
) -> None:
    file, out = tmp_path / "queries.csv", tmp_path / "near.csv"
    file.write_text(f"id,smiles\na,{BENZAMIDE}\nb,C1CC\nc,{PHENETOLE}\nd,C[Pt]C\n", encoding="utf-8")
    argv = ["neighbors", tiny_model_dir, file, "-n", 4, "--similarity", 0.2]
    outcome = molvae_command(*argv, "--out", out)
    assert outcome.code == 0
    table = pd.read_csv(out)
    assert list(table.columns) == ["query_row", "query", "smiles", "tanimoto", "noise"]
    assert table["query_row"].tolist() == [1] * 4 + [3] * 4
    assert table["query"].tolist() == [Chem.CanonSmiles(BENZAMIDE)] * 4 + [PHENETOLE] * 4
    assert pd.read_csv(f"{out}.ledger.csv")["row"].tolist() == [2, 4]
    mean, spread = table["tanimoto"].mean(), table["tanimoto"].std(ddof=0)
    assert outcome.out.splitlines() == [
        "8 neighbors of 2 of 4 rows, 4 of each wanted",
        f"similarity asked for 0.20: found {mean:.2f} ({mean - 0.2:+.2f}), spread {spread:.2f}",
        "2 rows have a mean within 0.1 of it",
        f"2 rows can't be read by the model: listed in {out}.ledger.csv",
        f"neighbors: {out}",
    ]
    shown = molvae_command(*argv).out.splitlines()
    assert shown[0].split() == ["query_row", "query", "tanimoto", "noise", "smiles"]
    assert [line.split()[-1] for line in shown[1:9]] == table["smiles"].tolist()
    assert shown[-1] == "2 rows can't be read by the model: give --out for a ledger of them"


@pytest.mark.parametrize("text", ["nowhere.csv", "data/nowhere.smi.gz", "mols.parquet"])
def test_a_file_that_is_not_there_is_not_taken_for_a_molecule(
    text: str, molvae_command: RunMolvae, tiny_model_dir: Path
) -> None:
    outcome = molvae_command("neighbors", tiny_model_dir, text)
    assert outcome.code == 1
    assert outcome.err.endswith(f'there is no file "{text}", and it is no SMILES either\n')


@pytest.mark.parametrize("smiles", ["C" * 300, "CCO.CCOc1ccccc1"])
def test_a_smiles_is_no_file_however_long_it_is(
    smiles: str, molvae_command: RunMolvae, tiny_model_dir: Path
) -> None:
    assert "no file" not in molvae_command("neighbors", tiny_model_dir, smiles, "-n", 1).err


def test_a_walk_begins_and_ends_at_what_the_model_makes_of_the_ends(
    molvae_command: RunMolvae, tiny_model_dir: Path, tiny_model: MoleculeModel, tmp_path: Path
) -> None:
    out = tmp_path / "walk.csv"
    argv = ["interpolate", tiny_model_dir, BENZAMIDE, PHENETOLE, "--steps", 4, "--out", out]
    assert molvae_command(*argv).out.splitlines()[0].split() == ["step", "share", "smiles"]
    table = pd.read_csv(out, keep_default_na=False)
    assert table["step"].tolist() == [0, 1, 2, 3]
    assert table["share"].round(3).tolist() == [0, 0.333, 0.667, 1]
    ends = tiny_model.reconstruct([BENZAMIDE, PHENETOLE])["reconstruction"].tolist()
    assert [table["smiles"].iloc[0], table["smiles"].iloc[-1]] == ends


def test_a_walk_of_one_step_is_refused(molvae_command: RunMolvae, tiny_model_dir: Path) -> None:
    outcome = molvae_command("interpolate", tiny_model_dir, BENZAMIDE, PHENETOLE, "--steps", 1)
    assert outcome.err.endswith('walk_steps is "1"; two ends need at least 2\n')
