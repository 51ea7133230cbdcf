"""Traits: each is what the function for it alone gives."""

import numpy as np
from rdkit import Chem

from molvae.chem.fingerprints import morgan_bits
from molvae.chem.fragments import brics_fragments, ringed_scaffold
from molvae.chem.properties import compute_properties
from molvae.chem.traits import traits_of_each


def test_traits_are_what_the_functions_for_each_alone_give(drug_smiles: list[str]) -> None:
    for smiles, traits in zip(drug_smiles, traits_of_each(drug_smiles, ["logP", "QED"]), strict=True):
        mol = Chem.MolFromSmiles(smiles)
        assert traits is not None
        assert traits.smiles == Chem.MolToSmiles(mol)
        bits = np.unpackbits(np.frombuffer(traits.bits, dtype=np.uint8))
        np.testing.assert_array_equal(bits, morgan_bits([mol], num_bits=1024)[0])
        assert traits.fragments == tuple(brics_fragments(mol))
        assert traits.scaffold == ringed_scaffold(mol)
        assert traits.properties == tuple(compute_properties([smiles], ["logP", "QED"])[0])


def test_rings_are_counted_by_hand() -> None:
    (indoline,) = traits_of_each(["c1ccc2c(c1)CCN2"])
    assert indoline is not None
    assert sorted(indoline.ring_sizes) == [5, 6]
    assert indoline.num_aromatic_rings == 1


def test_what_is_no_molecule_has_no_traits() -> None:
    assert [found is None for found in traits_of_each(["C1CC", "C", ""])] == [True, False, True]
