"""Drawings of molecules: outlines say what the molecule says, and fit their frame."""

import json
import re

import pytest
from rdkit import Chem

from molvae.chem import drawing
from molvae.chem.drawing import OUTLINE_SIZE, molecule_svg, outline, outlines
from molvae.errors import MoleculeError


@pytest.mark.parametrize(
    ("smiles", "labels"),
    [
        ("C", ["CH4"]),
        ("CC", ["", ""]),
        ("[NH3+]CC(=O)[O-]", ["NH3+", "", "", "O", "O-"]),
        ("[Ca+2]", ["Ca2+"]),
        ("C[C-]", ["", "C-"]),
        ("Clc1cc[nH]c1", ["Cl", "", "", "", "NH", ""]),
    ],
)
def test_atoms_are_named_with_hydrogens_and_charge_but_for_plain_carbon(
    smiles: str, labels: list[str]
) -> None:
    assert [label for _, _, label in outline(smiles).atoms] == labels


def test_an_outline_has_the_molecules_bonds_and_fits_its_frame(drug_smiles: list[str]) -> None:
    for smiles in drug_smiles:
        mol = Chem.MolFromSmiles(smiles)
        Chem.Kekulize(mol, clearAromaticFlags=True)
        drawn = outline(smiles)
        expected = [(b.GetBeginAtomIdx(), b.GetEndAtomIdx(), b.GetBondTypeAsDouble()) for b in mol.GetBonds()]
        assert [tuple(bond) for bond in drawn.bonds] == expected
        places = [value for x, y, _ in drawn.atoms for value in (x, y)]
        assert min(places) >= 0
        assert max(places) <= OUTLINE_SIZE
        assert len({(x, y) for x, y, _ in drawn.atoms}) > 0.8 * mol.GetNumAtoms()
        assert json.loads(drawn.to_json())[1] == [list(bond) for bond in drawn.bonds]


def test_what_is_no_molecule_has_an_empty_outline_and_no_drawing() -> None:
    assert [len(one.atoms) for one in outlines(["CCO", "C1CC", ""])] == [3, 0, 0]
    with pytest.raises(MoleculeError):
        molecule_svg("C1CC")


@pytest.mark.parametrize("smiles", ["CC(=O)Nc1ccc(O)cc1", "C[C@H](N)C(=O)[O-]", "C", "F/C=C/Cl"])
def test_a_drawing_has_every_line_and_letter_of_rdkits(smiles: str, monkeypatch: pytest.MonkeyPatch) -> None:
    small = molecule_svg(smiles)
    monkeypatch.setattr(drawing, "_compact", str)
    large = molecule_svg(smiles)

    def pieces(svg: str) -> list[str]:
        paths = " ".join(re.findall(r"d='([^']*)'", svg, re.DOTALL))
        return sorted(" ".join(part.split()) for part in re.findall(r"[MLQZ][^MLQZ]*", paths))

    assert pieces(small) == pieces(large)
    assert sorted(set(re.findall(r"#\w{6}", small))) == sorted(set(re.findall(r"#\w{6}", large)))
    assert len(small) < 0.8 * len(large)


def test_a_drawing_is_as_large_as_asked_for() -> None:
    drawn = molecule_svg("c1ccccc1O", 120, 90)
    assert "width='120px'" in drawn
    assert "height='90px'" in drawn
    assert drawn.rstrip().endswith("</svg>")
