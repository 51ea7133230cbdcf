"""The MOSES filters: molecules that are known to pass or not, and the screen that spares searches."""

import hashlib
from pathlib import Path

import pytest
from rdkit import Chem

from molvae.chem import filters
from molvae.chem.filters import is_plain, matched_filters, passes_filters


def mol(smiles: str) -> Chem.Mol:
    return Chem.MolFromSmiles(smiles)


@pytest.mark.parametrize("smiles", ["CC(=O)Nc1ccc(O)cc1", "CC(C)Cc1ccc(C(C)C(=O)O)cc1", "c1ccccc1", "CCO"])
def test_plain_molecules_without_an_alert_pass(smiles: str) -> None:
    assert passes_filters(mol(smiles))


@pytest.mark.parametrize(
    ("smiles", "why"),
    [
        ("C[N+](C)(C)CCO", "a charge"),
        ("CC(=O)[O-]", "a charge"),
        ("C[N+](=O)[O-]", "charges that cancel"),
        ("C1CCCCCCC1", "a ring of eight"),
        ("C[Si](C)(C)C", "silicon"),
        ("CCI", "iodine"),
        ("CP", "phosphorus"),
    ],
)
def test_what_is_not_plain_does_not_pass(smiles: str, why: str) -> None:
    assert not is_plain(mol(smiles)), why
    assert not passes_filters(mol(smiles)), why


def test_a_ring_of_seven_and_each_allowed_element_are_plain() -> None:
    assert is_plain(mol("C1CCCCCC1"))
    assert is_plain(mol("FC(Cl)(Br)SONC[2H]"))


@pytest.mark.parametrize(
    ("smiles", "name"),
    [
        ("CC=O", "MCF7"),  # an aldehyde
        ("CC1CO1", "MCF5"),  # an epoxide
        ("CCCl", "MCF4"),  # a primary alkyl halide, told by its hydrogens
        ("CSSC", "MCF16"),  # a disulfide
        ("FC(F)(F)C(F)(F)C(F)(F)C", "MCF22"),  # seven fluorines
        ("O=C1C=CC(=O)c2ccccc21", "PAINS_quinone_A(370)"),
        ("O=C1NC(=S)SC1=Cc1ccccc1", "PAINS_ene_rhod_A(235)"),
    ],
)
def test_a_known_alert_is_matched_by_name(smiles: str, name: str) -> None:
    assert name in matched_filters(mol(smiles))
    assert not passes_filters(mol(smiles))


def test_the_table_has_the_22_and_480_published_substructures() -> None:
    names = filters._load_rules().names
    assert len(set(names)) == len(names) == 502
    assert sum(name.startswith("MCF") for name in names) == 22


def test_the_table_is_the_one_that_the_readme_of_the_data_describes() -> None:
    readme = (Path(__file__).parents[2] / "data" / "README.md").read_text(encoding="utf-8")
    table = Path(filters.__file__).with_name(filters.FILTERS_FILE).read_bytes()
    assert f"`{hashlib.sha256(table).hexdigest()}`" in readme


def test_the_screen_spares_searches_but_no_match(drug_smiles: list[str]) -> None:
    rules = filters._load_rules()
    others = [
        "O=C1C(=O)c2ccccc2C=C1",
        "CN(C)c1ccc(C=C2SC(=S)NC2=O)cc1",
        "Oc1ccccc1O",
        "Nc1ccc(N=Nc2ccccc2)cc1",
    ]
    for smiles in drug_smiles + others:
        with_hydrogens = Chem.AddHs(mol(smiles))
        every = zip(rules.names, rules.queries, strict=True)
        expected = [name for name, query in every if with_hydrogens.HasSubstructMatch(query)]
        assert matched_filters(mol(smiles)) == expected, smiles
