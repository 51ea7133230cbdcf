"""Descriptors of molecules whose formula and rings are known."""

import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem import Crippen

from molvae.chem.descriptors import DESCRIPTOR_SPREADS, NUM_DESCRIPTORS, SPREADS, descriptors
from molvae.chem.properties import PROPERTIES


def described(smiles: str) -> dict[str, float]:
    """A molecule's descriptors in their own units."""
    (row,) = descriptors([Chem.MolFromSmiles(smiles)]) * SPREADS
    return dict(zip(DESCRIPTOR_SPREADS, row.tolist(), strict=True))


def test_each_descriptor_is_what_it_is_called() -> None:
    celecoxib = "Cc1ccc(cc1)-c1cc(nn1-c1ccc(cc1)S(N)(=O)=O)C(F)(F)F"
    mol, values = Chem.MolFromSmiles(celecoxib), described(celecoxib)
    assert values["root of the weight"] ** 2 == pytest.approx(381.0759, abs=1e-3)
    assert values["root of carbon"] ** 2 == pytest.approx(17)
    counts = {"nitrogen": 3, "oxygen": 2, "sulfur": 1, "halogens": 3, "rings": 3, "aromatic rings": 3}
    assert {name: round(values[name], 9) for name in counts} == counts
    same = {
        "logP": "logP",
        "hydrogen-bond donors": "num_hbd",
        "hydrogen-bond acceptors": "num_hba",
        "rotatable bonds": "num_rotatable_bonds",
        "share of sp3 carbon": "fraction_csp3",
    }
    for name, known in same.items():
        assert values[name] == pytest.approx(PROPERTIES[known](mol)), name
    assert values["root of TPSA"] ** 2 == pytest.approx(PROPERTIES["TPSA"](mol))
    assert values["root of the molar refractivity"] ** 2 == pytest.approx(Crippen.MolMR(mol))


def test_every_molecule_has_finite_ones_and_none_has_no_rows() -> None:
    assert np.isfinite(
        descriptors([Chem.MolFromSmiles(text) for text in ("[H][H]", "[Na+].[Cl-]", "C")])
    ).all()
    assert descriptors([]).shape == (0, NUM_DESCRIPTORS)
