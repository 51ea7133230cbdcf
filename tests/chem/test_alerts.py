"""Alerts, against groups that their papers name."""

import pytest
from rdkit import Chem

from molvae.chem.alerts import pains_of, reactive_groups_of


def test_a_rhodanine_is_a_pains() -> None:
    rhodanine = Chem.MolFromSmiles("O=C1NC(=S)SC1=Cc1ccccc1")
    assert pains_of(rhodanine) == ["ene_rhod_A(235)"]


@pytest.mark.parametrize(
    ("smiles", "name"),
    [
        ("CCCBr", "R1 Reactive alkyl halides"),
        ("CCN=C=O", "R11 Isocyanates & Isothiocyanates"),
        ("CC(=O)OC(C)=O", "R6 Acid anhydrides"),
        ("CC1CO1", "I6 Epoxides, Thioepoxides, Aziridines"),
    ],
)
def test_a_reactive_group_is_named(smiles: str, name: str) -> None:
    assert name in reactive_groups_of(Chem.MolFromSmiles(smiles))


@pytest.mark.parametrize("drug", ["paracetamol", "caffeine", "celecoxib", "imatinib"])
def test_most_drugs_hold_neither(drug: str, drugs: dict[str, str]) -> None:
    mol = Chem.MolFromSmiles(drugs[drug])
    assert pains_of(mol) == reactive_groups_of(mol) == []
