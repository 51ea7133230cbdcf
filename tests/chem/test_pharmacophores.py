"""Pharmacophore fingerprints, against RDKit's own and by hand."""

from itertools import combinations

import pytest
from rdkit import Chem, DataStructs
from rdkit.Chem.Pharm2D import Generate, Gobbi_Pharm2D

from molvae.chem.pharmacophores import pharmacophore_bits


def test_similarities_equal_those_of_rdkits_own_fingerprint(drug_smiles: list[str]) -> None:
    mols = [Chem.MolFromSmiles(text) for text in (*drug_smiles, "OCCO.NCCCN", "OC" * 20, "[He]")]
    ours = [pharmacophore_bits(mol) for mol in mols]
    theirs = [Generate.Gen2DFingerprint(mol, Gobbi_Pharm2D.factory) for mol in mols]
    assert [bits.GetNumOnBits() for bits in ours] == [bits.GetNumOnBits() for bits in theirs]
    for left, right in combinations(range(len(mols)), 2):
        expected = DataStructs.TanimotoSimilarity(theirs[left], theirs[right])
        assert DataStructs.TanimotoSimilarity(ours[left], ours[right]) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("smiles", "num_bits"),
    [
        ("C", 0),  # no point at all
        ("CO", 0),  # a donor and acceptor on one atom
        ("OCCF", 2),  # three bonds apart: donor and acceptor, acceptor and acceptor
        ("FCCCF", 1),
        ("FC(F)=CF", 3),  # pairs at 2 and at 3 bonds, and one triple
        ("F.F", 0),  # no path between them
    ],
)
def test_pairs_and_triples_at_their_distances_are_bits(smiles: str, num_bits: int) -> None:
    assert pharmacophore_bits(Chem.MolFromSmiles(smiles)).GetNumOnBits() == num_bits


def test_from_eight_bonds_on_all_distances_are_alike() -> None:
    chains = [Chem.MolFromSmiles(f"F{'C#C' * num_bonds}F") for num_bonds in (3, 4, 5)]
    seven, nine, eleven = (list(pharmacophore_bits(chain).GetOnBits()) for chain in chains)
    assert len(seven) == 1
    assert nine == eleven != seven
