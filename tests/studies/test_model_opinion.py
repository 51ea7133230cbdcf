"""What a model makes of molecules, and the file of structures."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rdkit import Chem

from molvae.errors import MoleculeError
from molvae.generation.latent_model import MoleculeModel
from molvae.studies.model_opinion import opinion_columns
from molvae.studies.structure_file import write_sdf

SMILES = ["CCOc1ccccc1", "NC(=O)c1ccccc1", "[U]"]


def test_molecules_that_the_model_can_not_read_do_not_come_back_and_have_no_place(
    tiny_model: MoleculeModel,
) -> None:
    table = pd.DataFrame({"smiles": SMILES, **opinion_columns(tiny_model, SMILES)})
    decoded = tiny_model.decode(tiny_model.encode(SMILES[:2]))
    assert table["comes_back"].tolist() == [decoded[0] == SMILES[0], decoded[1] == SMILES[1], False]
    assert np.isnan(table["code_distance"]).tolist() == [False, False, True]
    assert np.isnan(table["predicted_logP"]).tolist() == [False, False, True]


def test_a_code_among_the_priors_draws_is_near_and_one_far_out_is_far(
    tiny_model: MoleculeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = tiny_model.encode(SMILES[:2])
    spread = np.random.default_rng(0).standard_normal((1_024, codes.shape[1]))
    around = codes[0] + 0.1 * np.linalg.norm(codes[1] - codes[0]) / np.sqrt(codes.shape[1]) * spread
    monkeypatch.setattr(MoleculeModel, "sample_latents", lambda *_: around)
    near, far = opinion_columns(tiny_model, SMILES[:2])["code_distance"]
    assert near < 1.5
    assert far > 5


def test_an_sdf_holds_every_column_and_no_empty_cell(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"smiles": ["CCO", "CCN"], "QED": [0.5, np.nan], "parent": ["", "CC"], "call": [1, 2]}
    )
    write_sdf(table, tmp_path / "m.sdf")
    first, second = Chem.SDMolSupplier(str(tmp_path / "m.sdf"))
    assert [Chem.MolToSmiles(mol) for mol in (first, second)] == ["CCO", "CCN"]
    assert first.GetPropsAsDict() == {"smiles": "CCO", "QED": 0.5, "call": 1}
    assert second.GetPropsAsDict() == {"smiles": "CCN", "parent": "CC", "call": 2}
    with pytest.raises(MoleculeError):
        write_sdf(pd.DataFrame({"smiles": ["C("]}), tmp_path / "bad.sdf")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.sdf"]
