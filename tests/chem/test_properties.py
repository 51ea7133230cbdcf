"""Molecular properties, against published values and by counting."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rdkit import Chem, RDConfig

from molvae.chem import synthetic_accessibility as sa_module
from molvae.chem.properties import (
    PROPERTIES,
    compute_properties,
    property_function,
)
from molvae.chem.synthetic_accessibility import rare_environments
from molvae.errors import InputError, MissingFileError, SettingsError

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"


def value(name: str, smiles: str) -> float:
    return PROPERTIES[name](Chem.MolFromSmiles(smiles))


@pytest.mark.parametrize(
    ("name", "expected", "tolerance"),
    [
        # as ChEMBL lists it (CHEMBL25)
        ("MW", 180.16, 0.01),
        ("logP", 1.31, 0.005),
        ("QED", 0.55, 0.005),
        ("TPSA", 63.6, 0.05),
        ("num_hbd", 1, 0),
        ("num_hba", 3, 0),
        ("num_aromatic_rings", 1, 0),
        ("num_heavy_atoms", 13, 0),
        # counted by hand; ring to ester and ring to acid rotate, the ester's own bond does not
        ("num_rotatable_bonds", 2, 0),
        ("num_rings", 1, 0),
        ("fraction_csp3", 1 / 9, 1e-9),
        ("largest_ring_size", 6, 0),
    ],
)
def test_aspirin_has_the_value_that_is_published(name: str, expected: float, tolerance: float) -> None:
    assert value(name, ASPIRIN) == pytest.approx(expected, abs=tolerance)


def test_sa_equals_the_values_that_its_authors_ship_as_a_test() -> None:
    rows = (Path(RDConfig.RDContribDir) / "SA_Score" / "data" / "zim.100.txt").read_text().splitlines()[1:21]
    for smiles, _, expected in (row.split("\t") for row in rows):
        assert value("SA", smiles) == pytest.approx(float(expected), abs=1e-3)


def test_sa_calls_morphine_harder_than_aspirin() -> None:
    assert value("SA", "CN1CC[C@]23c4c5ccc(O)c4O[C@H]2[C@@H](O)C=C[C@H]3[C@H]1C5") > value("SA", ASPIRIN) + 2


def test_a_molecule_without_atoms_has_no_sa() -> None:
    assert np.isnan(PROPERTIES["SA"](Chem.Mol()))


def test_a_molecule_without_rings_has_a_largest_ring_of_size_zero() -> None:
    assert value("largest_ring_size", "CCCC") == 0
    assert value("largest_ring_size", "C1CC1CC1CCCCCCCCCCC1") == 12


def test_sa_refuses_a_changed_fragment_table_without_opening_it(tmp_path: Path) -> None:
    (tmp_path / "sascorer.py").write_text("raise AssertionError('was run')")
    (tmp_path / "fpscores.pkl.gz").write_bytes(b"a pickle that does harm")
    with pytest.raises(InputError, match=r'fpscores.pkl.gz" is not a published .* was not opened: reinstall'):
        sa_module._load_scorer(tmp_path)


def test_sa_says_what_to_do_when_rdkit_came_without_it(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r'sascorer.py", which this RDKit lacks: reinstall it with'):
        sa_module._load_scorer(tmp_path)


def test_property_names_are_found_in_any_case() -> None:
    assert property_function("qed") is PROPERTIES["QED"]
    assert property_function("LOGP") is PROPERTIES["logP"]


def test_a_misspelt_property_gets_a_suggestion() -> None:
    with pytest.raises(SettingsError, match='unknown property "loqP": did you mean "logP"'):
        property_function("loqP")


def test_a_wholly_unknown_property_gets_the_list() -> None:
    with pytest.raises(SettingsError, match='unknown property "zzz": choose one of logP, QED, SA'):
        property_function("zzz")


def test_an_unparseable_smiles_is_a_row_of_nan_and_moves_no_other_row() -> None:
    values = compute_properties(["CCO", "C1CC", "", "c1ccccc1"], ["num_heavy_atoms", "num_rings"])
    np.testing.assert_array_equal(values, [[3, 0], [np.nan, np.nan], [np.nan, np.nan], [6, 1]])


def test_no_smiles_and_no_names_make_empty_tables() -> None:
    assert compute_properties([], ["QED"]).shape == (0, 1)
    assert compute_properties(["C"], []).shape == (1, 0)


def test_properties_need_no_torch() -> None:
    code = "import sys, molvae.chem.properties; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_what_hardly_any_compound_has_is_found_and_what_drugs_have_is_not(drug_smiles: list[str]) -> None:
    strange = ["Cc1ccccc1N=S=S", "CC#SCc1ccccc1", "CS(=O)(=CO)NCc1ccccc1"]
    for text in strange:
        assert rare_environments(Chem.MolFromSmiles(text)), text
    with_any = [text for text in drug_smiles if rare_environments(Chem.MolFromSmiles(text))]
    assert len(with_any) <= 3
