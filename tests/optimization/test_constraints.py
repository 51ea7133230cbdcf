"""Each constraint, with a molecule that breaks it and one that does not."""

from typing import Any

import pytest

from molvae.chem.molecules import parse_smiles
from molvae.errors import SettingsError
from molvae.optimization.constraints import ConstraintSettings, broken_constraints

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"
OFF: dict[str, Any] = {"pains": False, "reactive": False}


def broken(smiles: str, **settings: Any) -> str:
    return broken_constraints(parse_smiles(smiles), ConstraintSettings(**settings).checks())


@pytest.mark.parametrize(
    ("settings", "kept_by", "broken_by", "told"),
    [
        ({"must_have": ("c1ccccc1", "[OX2H]")}, "Oc1ccccc1", "Cc1ccccc1", "must_have: [OX2H]"),
        ({"must_not_have": ("[N+](=O)[O-]",)}, "CCN", "C[N+](=O)[O-]", "must_not_have: [N+](=O)[O-]"),
        # Ethanol has 6 environments, ethane 2, and both the lone methyl: 1 / 7.
        ({"leads": ("CCO",), "min_similarity": 0.5}, "OCC", "CC", "min_similarity: 0.143"),
        ({"scaffold": "Cc1ccc2[nH]ccc2c1"}, "CCn1ccc2ccccc21", "c1ccccc1", "scaffold"),
        ({"min_heavy_atoms": 4}, "CCCC", "CCC", "min_heavy_atoms: 3"),
        ({"max_heavy_atoms": 3}, "CCC", "CCCC", "max_heavy_atoms: 4"),
        ({"pains": True}, "Oc1ccccc1", "Oc1ccccc1O", "pains: catechol_A(92)"),
        ({"reactive": True}, "CC(N)=O", "CC(=O)Cl", "reactive: R2 Acid halides"),
        ({"max_sa": 3.0}, ASPIRIN, "CN1CC[C@]23c4c5ccc(O)c4O[C@H]2[C@@H](O)C=C[C@H]3[C@H]1C5", "max_sa: "),
        ({"elements": ("C", "N", "O")}, "[2H]OCCN", "CSC(Cl)CO", "elements: Cl, S"),
    ],
)
def test_a_constraint_is_kept_by_one_molecule_and_broken_by_another(
    settings: dict[str, Any], kept_by: str, broken_by: str, told: str
) -> None:
    assert broken(kept_by, **{**OFF, **settings}) == ""
    assert broken(broken_by, **{**OFF, **settings}).startswith(told)


def test_the_nearest_of_several_leads_decides_and_its_own_similarity_is_enough() -> None:
    settings = {**OFF, "leads": ("CCO", ASPIRIN), "min_similarity": 1.0}
    assert broken(ASPIRIN, **settings) == ""
    assert broken("CCO", **settings) == ""
    assert broken("CCCO", **settings).startswith("min_similarity: 0.")


def test_alerts_are_looked_for_unless_switched_off() -> None:
    assert broken("Oc1c(O)cccc1C(=O)Cl") == "reactive: R2 Acid halides; pains: catechol_A(92)"
    assert broken("Oc1c(O)cccc1C(=O)Cl", pains=False) == "reactive: R2 Acid halides"
    assert broken("Oc1c(O)cccc1C(=O)Cl", **OFF) == ""


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"must_have": ("c1ccc",)}, 'must_have holds "c1ccc", which is no SMARTS'),
        ({"must_not_have": ("",)}, 'must_not_have holds "", which is no SMARTS'),
        ({"leads": ("C1CC",)}, 'leads: can\'t read the SMILES "C1CC"'),
        ({"min_similarity": 0.4}, 'min_similarity is "0.4" to 0 leads; give a number from 0 to 1'),
        ({"min_similarity": 40.0, "leads": ("CCO",)}, 'min_similarity is "40" to 1 leads'),
        ({"scaffold": "CCCC"}, 'scaffold is "CCCC", which has no ring; for a chain give must_have'),
        ({"scaffold": "C1CC"}, 'scaffold: can\'t read the SMILES "C1CC"'),
        ({"min_heavy_atoms": 9, "max_heavy_atoms": 4}, 'min_heavy_atoms is "9" and max_heavy_atoms "4"'),
        ({"max_heavy_atoms": 0}, 'max_heavy_atoms "0"; give whole numbers of at least 1'),
        ({"max_sa": 0.5}, 'max_sa is "0.5"; the SA score is from 1 to 10'),
        ({"elements": ("C", "Xx")}, 'elements holds "Xx", which is no element; give symbols'),
    ],
)
def test_a_constraint_that_makes_no_sense_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        ConstraintSettings(**settings)
    assert message in str(caught.value)
