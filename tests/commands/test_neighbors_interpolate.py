"""molvae neighbors and interpolate."""

from pathlib import Path

import pandas as pd
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
