"""SMILES to SELFIES and back, and the constraints it happens under."""

import json
from collections.abc import Iterator

import pytest
import selfies
from rdkit import Chem

from molvae.chem import notation
from molvae.chem.molecules import canonicalize, silenced_rdkit
from molvae.chem.notation import (
    CONSTRAINTS,
    RoundTripError,
    canonical_pair,
    constraints_in_force,
    is_faithful,
    read_canonical,
    selfies_to_smiles,
    set_constraints,
    smiles_to_selfies,
    split_symbols,
)
from molvae.errors import MoleculeError, SettingsError

DRUGS = {
    "aspirin": "CC(=O)Oc1ccccc1C(=O)O",
    "imatinib": "Cc1ccc(NC(=O)c2ccc(CN3CCN(C)CC3)cc2)cc1Nc1nccc(-c2cccnc2)n1",
    "penicillin G": "CC1(C)S[C@@H]2[C@H](NC(=O)Cc3ccccc3)C(=O)N2[C@H]1C(=O)O",
    "nitroglycerin": "O=[N+]([O-])OCC(CO[N+](=O)[O-])O[N+](=O)[O-]",
    "bortezomib": "CC(C)C[C@H](NC(=O)[C@H](Cc1ccccc1)NC(=O)c1cnccn1)B(O)O",
    "ebselen": "O=c1c2ccccc2[se]n1-c1ccccc1",
    "tamoxifen": "CC/C(=C(\\c1ccccc1)c1ccc(OCCN(C)C)cc1)c1ccccc1",
    "betaine": "C[N+](C)(C)CC(=O)[O-]",
    "zidovudine": "Cc1cn([C@H]2C[C@H](N=[N+]=[N-])[C@@H](CO)O2)c(=O)[nH]c1=O",
    "perchlorate": "[O-][Cl+3]([O-])([O-])[O-]",
    "hexafluorophosphate": "F[P-](F)(F)(F)(F)F",
    "diphenyliodonium": "c1ccc([I+]c2ccccc2)cc1",
    "sila drug": "C[Si](C)(C)c1ccccc1",
    "deuterated": "[2H]C([2H])([2H])Oc1ccccc1",
}


@pytest.fixture(autouse=True)
def _pinned_constraints() -> Iterator[None]:
    yield
    set_constraints(CONSTRAINTS)


@pytest.mark.parametrize("smiles", DRUGS.values(), ids=DRUGS.keys())
def test_drugs_charged_and_stereo_survive_the_way_there_and_back(smiles: str) -> None:
    canonical = canonicalize(smiles)
    assert selfies_to_smiles(smiles_to_selfies(canonical)) == canonical
    assert canonical_pair(canonical) == (canonical, smiles_to_selfies(canonical))


def _rdkit_accepts(atom_name: str, num_bonds: int) -> bool:
    element = atom_name.rstrip("+-0123456789")
    charge = int(atom_name[len(element) :] or 0)
    mol = Chem.RWMol()
    atom = Chem.Atom(element)
    atom.SetFormalCharge(charge)
    atom.SetNoImplicit(True)
    mol.AddAtom(atom)
    for number in range(num_bonds):
        mol.AddAtom(Chem.Atom("C"))
        mol.AddBond(0, number + 1, Chem.BondType.SINGLE)
    with silenced_rdkit():
        return bool(Chem.SanitizeMol(mol, catchErrors=True) == Chem.SanitizeFlags.SANITIZE_NONE)


@pytest.mark.parametrize("atom_name", sorted(CONSTRAINTS.keys() - {"?"}))
def test_rdkit_accepts_every_atom_with_as_many_bonds_as_allowed(atom_name: str) -> None:
    assert _rdkit_accepts(atom_name, CONSTRAINTS[atom_name])


def test_the_default_preset_of_selfies_is_part_of_the_constraints() -> None:
    preset = selfies.get_preset_constraints("default")
    assert preset.items() <= CONSTRAINTS.items()


def test_constraints_survive_json_and_come_into_force() -> None:
    octet = json.loads(json.dumps({**CONSTRAINTS, "S": 2}))
    set_constraints(octet)
    assert constraints_in_force() == octet == selfies.get_semantic_constraints()
    with pytest.raises(MoleculeError, match=r"SELFIES can't hold .*semantic constraints"):
        smiles_to_selfies("CS(C)(=O)=O")


def test_constraints_changed_by_other_code_are_put_back() -> None:
    smiles_to_selfies("C")
    selfies.set_semantic_constraints("octet_rule")
    assert smiles_to_selfies("CS(C)(=O)=O") == "[C][S][Branch1][C][C][=Branch1][C][=O][=O]"
    assert constraints_in_force() == selfies.get_semantic_constraints()


def test_bad_constraints_are_refused_and_change_nothing() -> None:
    with pytest.raises(SettingsError, match=r"these SELFIES constraints can't be used: .*'\?'"):
        set_constraints({"C": 4})
    assert constraints_in_force() == CONSTRAINTS


def test_a_wildcard_atom_is_refused_in_one_line() -> None:
    with pytest.raises(MoleculeError, match=r'SELFIES can\'t hold "\*CC"') as caught:
        smiles_to_selfies("*CC")
    assert "\n" not in str(caught.value)


def test_a_ring_of_one_atom_is_an_error_of_the_molecule() -> None:
    with pytest.raises(MoleculeError, match='hold "CC11": a ring of it begins and ends at the same'):
        smiles_to_selfies("CC11")


def test_deep_nesting_is_an_error_of_the_molecule() -> None:
    nested = "C(" * 2000 + "C" + ")C" * 2000
    with pytest.raises(MoleculeError, match="nested too deeply"):
        smiles_to_selfies(nested)


def test_selfies_without_an_atom_stand_for_no_molecule() -> None:
    assert selfies_to_smiles("") == ""
    assert selfies_to_smiles("[Branch1]") == ""


@pytest.mark.parametrize("text", ["[C", "[Xx]", "[C][Ringo]"])
def test_malformed_selfies_are_an_error(text: str) -> None:
    with pytest.raises(MoleculeError, match="can't read the SELFIES") as caught:
        selfies_to_smiles(text)
    assert "\n" not in str(caught.value)


def test_symbols_are_those_that_selfies_finds() -> None:
    for smiles in DRUGS.values():
        text = smiles_to_selfies(smiles)
        assert split_symbols(text) == list(selfies.split_selfies(text))
    assert split_symbols("") == []


@pytest.mark.parametrize("text", ["C", "[C", "C]", "[C]x[C]", "[C].[O]", "[[C]]", "[C]]"])
def test_what_is_no_row_of_symbols_is_refused(text: str) -> None:
    with pytest.raises(MoleculeError, match=r"it is not a row of \[symbols\]"):
        split_symbols(text)


def test_a_molecule_that_comes_back_as_another_is_a_round_trip_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notation, "selfies_to_smiles", lambda text: "CCN")
    with pytest.raises(RoundTripError, match='SELFIES turns "CCO" into "CCN"'):
        canonical_pair("CCO")


def test_what_molecules_are_written_as_is_faithful_and_what_is_repaired_is_not(
    drug_smiles: list[str],
) -> None:
    for smiles in drug_smiles:
        assert is_faithful(canonical_pair(Chem.CanonSmiles(smiles))[1]), smiles
    for text in ("[C][=F]", "[O][=C][#C]", "[F][C][F][C]", "[C][Ring1][Branch1]", "[nonsense]", "", "[C"):
        assert not is_faithful(text), text


def test_canonical_is_what_molecules_are_written_as_from_their_first_atom(drug_smiles: list[str]) -> None:
    for smiles in map(Chem.CanonSmiles, drug_smiles):
        canonical, text = canonical_pair(smiles)
        assert read_canonical(text) == canonical
        backwards = Chem.MolToSmiles(Chem.MolFromSmiles(canonical), rootedAtAtom=0, canonical=False)
        other = smiles_to_selfies(backwards)
        assert read_canonical(other) == (canonical if other == text else "")
    for text in ("[C][=F]", "[O][=C][C]", "[F][C][F][C]", "[nonsense]", "", "[C"):
        assert read_canonical(text) == "", text
