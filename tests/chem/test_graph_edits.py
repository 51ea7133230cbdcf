"""Edits of molecular graphs: all that small molecules can become, and that real ones stay molecules."""

from collections.abc import Callable

import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem import Mol

from molvae.chem import graph_edits
from molvae.chem.graph_edits import crossover, graft, is_sound, mutate
from molvae.chem.graph_mutations import MUTATIONS


def children(edit: Callable[[np.random.Generator], Mol | None], num_draws: int = 200) -> set[str]:
    """Canonical SMILES of all that came of so many draws."""
    generator = np.random.default_rng(0)
    drawn = [edit(generator) for _ in range(num_draws)]
    return {Chem.MolToSmiles(mol) for mol in drawn if mol is not None}


def mol_of(smiles: str) -> Mol:
    return Chem.MolFromSmiles(smiles)


def test_a_chain_crossover_joins_every_part_of_one_molecule_to_every_part_of_the_other() -> None:
    ethanol, fluorobenzene = mol_of("CCO"), mol_of("Fc1ccccc1")
    found = children(lambda generator: crossover(ethanol, fluorobenzene, generator))
    with_fluorine = {"CF", "OCF", "CCF", "OF"}
    with_phenyl = {"Cc1ccccc1", "OCc1ccccc1", "CCc1ccccc1", "Oc1ccccc1"}
    assert found == with_fluorine | with_phenyl


def test_a_ring_crossover_makes_a_ring_of_parts_of_two() -> None:
    found = children(lambda generator: crossover(mol_of("C1CCCCC1"), mol_of("C1CCNCC1"), generator))
    assert all(len(ring_sizes(smiles)) == 1 for smiles in found)
    assert {size for smiles in found for size in ring_sizes(smiles)} == {3, 4, 5, 6}
    assert {"C1CCCCC1", "C1CCNCC1", "C1CCNC1", "C1=NCCCC1"} <= found


def ring_sizes(smiles: str) -> list[int]:
    mol = mol_of(smiles)
    return [len(ring) for ring in mol.GetRingInfo().AtomRings()]


def test_a_molecule_without_a_bond_to_cut_has_no_crossover() -> None:
    assert crossover(mol_of("C"), mol_of("CCO"), np.random.default_rng(0)) is None


def test_a_graft_keeps_the_molecule_or_all_of_it_but_one_part() -> None:
    pyridine = mol_of("c1ccncc1")
    found = children(lambda generator: graft(pyridine, mol_of("CO"), generator))
    assert found == {
        f"{part}{place}" for part in ("C", "O") for place in ("c1ccncc1", "c1cccnc1", "c1ccccn1")
    }
    assert graft(mol_of("FC(F)(F)F"), pyridine, np.random.default_rng(0)) is None


@pytest.mark.parametrize(
    ("name", "smiles", "expected"),
    [
        ("append atom", "[H][H]", set()),
        (
            "append atom",
            "FC(F)F",
            {"CC(F)(F)F", "NC(F)(F)F", "OC(F)(F)F", "FC(F)(F)F", "FC(F)(F)S", "FC(F)(F)Cl", "FC(F)(F)Br"},
        ),
        ("insert atom", "CF", {"CCF", "CNF", "COF", "CSF", "C=CF", "C=NF"}),
        ("delete atom", "CCO", {"CC", "CO"}),
        ("delete atom", "CC(F)Cl", {"CCCl", "CCF", "FCCl"}),
        ("change element", "C", {"N", "O", "F", "S", "Cl", "Br"}),
        ("change bond order", "CN", {"C=N", "C#N"}),
        ("open ring", "C1CCCCC1", {"CCCCCC"}),
        ("open ring", "c1ccccc1", {"C=CC=CC=C", "CC=CC=CC"}),
        ("open ring", "CC", set()),
        ("close ring", "CCCO", {"OC1CC1", "CC1CO1", "C1COC1"}),
        ("close ring", "CC", set()),
    ],
)
def test_a_mutation_makes_all_that_it_can_and_nothing_else(
    name: str, smiles: str, expected: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph_edits, "MUTATIONS", {name: MUTATIONS[name]})
    assert children(lambda generator: mutate(mol_of(smiles), generator)) == expected


def test_mutations_of_several_kinds_are_drawn() -> None:
    found = children(lambda generator: mutate(mol_of("OC1CC1"), generator), 400)
    smaller, larger, changed, opened, closed = "C1CC1", "OC1CCC1", "NC1CC1", "CCCO", "C1C2OC12"
    assert {smaller, larger, changed, opened, closed, "O=C1CC1"} <= found


def test_children_of_real_molecules_are_molecules_in_one_piece(drug_smiles: list[str]) -> None:
    generator = np.random.default_rng(3)
    mols = [mol_of(smiles) for smiles in drug_smiles]
    for first in mols:
        second = mols[generator.integers(len(mols))]
        for child in (
            crossover(first, second, generator),
            graft(first, second, generator),
            mutate(first, generator),
        ):
            assert child is not None
            smiles = Chem.MolToSmiles(child)
            assert "." not in smiles
            assert Chem.MolToSmiles(mol_of(smiles)) == smiles
            assert not any(atom.GetNumRadicalElectrons() for atom in child.GetAtoms())


def test_parents_are_left_as_they_were(drug_smiles: list[str]) -> None:
    first, second = mol_of(drug_smiles[0]), mol_of(drug_smiles[1])
    before = Chem.MolToSmiles(first), Chem.MolToSmiles(second)
    children(lambda generator: crossover(first, second, generator), 10)
    children(lambda generator: graft(first, second, generator), 10)
    children(lambda generator: mutate(first, generator), 10)
    assert (Chem.MolToSmiles(first), Chem.MolToSmiles(second)) == before


def test_the_generator_decides_the_child(drug_smiles: list[str]) -> None:
    first, second = mol_of(drug_smiles[2]), mol_of(drug_smiles[3])
    assert children(lambda generator: crossover(first, second, generator), 20) == children(
        lambda generator: crossover(first, second, generator), 20
    )


@pytest.mark.parametrize(
    ("smiles", "sound"),
    [
        ("CC", True),
        ("c1ccccc1", True),
        ("C1CCCCCC1", False),
        ("C1=C=CCCC1", False),
        ("C1=CC1", False),
        ("C1=CCC1", False),
        ("C1=CCCC1", True),
        ("C=C=C", True),
        ("C[SH]=O", False),
        ("CS(C)=O", True),
    ],
)
def test_large_or_strained_rings_and_hydrides_of_sulfur_are_not_sound(smiles: str, sound: bool) -> None:
    assert is_sound(mol_of(smiles)) is sound


def test_a_child_may_have_as_large_a_ring_as_its_parents_and_no_larger() -> None:
    found = children(lambda generator: mutate(mol_of("CC1CCCCCC1"), generator), 100)
    sizes = {size for smiles in found for size in ring_sizes(smiles)}
    assert 7 in sizes
    assert max(sizes) == 7
