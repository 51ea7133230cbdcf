"""BRICS fragments and scaffolds, cut by hand."""

from rdkit import Chem

from molvae.chem.fragments import brics_fragments, ringed_scaffold


def test_an_amide_is_cut_on_both_sides_of_its_nitrogen() -> None:
    assert sorted(brics_fragments(Chem.MolFromSmiles("CCNC(C)=O"))) == ["[1*]C(C)=O", "[4*]CC", "[5*]N[5*]"]


def test_what_no_rule_cuts_is_its_own_fragment() -> None:
    assert brics_fragments(Chem.MolFromSmiles("c1ccccc1")) == ["c1ccccc1"]


def test_a_fragment_that_occurs_twice_is_there_twice() -> None:
    assert brics_fragments(Chem.MolFromSmiles("CC(=O)NCCNC(C)=O")).count("[1*]C(C)=O") == 2


def test_a_scaffold_counts_with_two_rings_and_loses_its_side_chains() -> None:
    assert ringed_scaffold(Chem.MolFromSmiles("Cc1ccc(CCc2ccccc2O)cc1")) == "c1ccc(CCc2ccccc2)cc1"
    assert ringed_scaffold(Chem.MolFromSmiles("CCc1ccccc1")) == ""
    assert ringed_scaffold(Chem.MolFromSmiles("CCc1ccccc1"), min_rings=1) == "c1ccccc1"
    assert ringed_scaffold(Chem.MolFromSmiles("CCCC"), min_rings=0) == ""
