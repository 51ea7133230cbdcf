"""A sample read once: its molecules, and its parts."""

import numpy as np
import pytest

from molvae.errors import InputError, SettingsError
from molvae.evaluation.sample import count_fragments, count_scaffolds, read_sample

SMILES = ["OCC", "C1CC", "CC=O", "c1ccccc1-c1ccccc1", "Cc1ccccc1-c1ccccc1"]


def test_the_molecules_of_a_sample_keep_their_order_and_their_places() -> None:
    sample = read_sample(SMILES, ["num_heavy_atoms"])
    assert sample.num_smiles == 5
    assert sample.rows.tolist() == [0, 2, 3, 4]
    assert sample.canonical[:2] == ["CCO", "CC=O"]
    assert sample.properties.tolist() == [[3], [3], [12], [13]]
    assert sample.passes.tolist() == [True, False, True, True]
    assert sample.bits.shape == (4, 128)


def test_fragments_and_scaffolds_are_counted_over_all_molecules() -> None:
    traits = read_sample(SMILES, ()).traits
    assert count_scaffolds(traits) == {"c1ccc(-c2ccccc2)cc1": 2}
    fragments = count_fragments(traits)
    assert fragments["[16*]c1ccccc1"] == 3
    assert fragments["[16*]c1ccccc1C"] == 1


def test_workers_read_what_one_process_reads() -> None:
    alone, together = (read_sample(SMILES * 120, ["logP"], num_workers=number) for number in (0, 2))
    assert alone.traits == together.traits
    np.testing.assert_array_equal(alone.passes, together.passes)


def test_a_part_is_what_would_have_been_read_of_it() -> None:
    sample = read_sample(SMILES, ["logP"]).with_activations()
    chosen = np.array([True, True, False, False, True])
    part, expected = sample.part(chosen), read_sample(["OCC", "C1CC", SMILES[4]], ["logP"])
    assert part.traits == expected.traits
    assert part.rows.tolist() == expected.rows.tolist() == [0, 2]
    assert part.num_smiles == expected.num_smiles == 3
    assert part.passes.tolist() == expected.passes.tolist()
    activations = expected.with_activations().activations
    assert part.activations is not None
    assert activations is not None
    np.testing.assert_allclose(part.activations, activations, atol=1e-5)


def test_a_part_needs_a_choice_for_each_smiles_and_a_molecule() -> None:
    sample = read_sample(SMILES, ())
    with pytest.raises(InputError, match='"4" choices for "5" SMILES: give one for each, molecule or not'):
        sample.part(np.ones(4, dtype=np.bool_))
    with pytest.raises(InputError, match='none of the "5" SMILES that were chosen is a molecule'):
        sample.part(np.array([False, True, False, False, False]))


def test_a_sample_without_a_molecule_or_with_a_misspelt_property_is_refused() -> None:
    with pytest.raises(InputError, match='none of the "2" SMILES is a molecule'):
        read_sample(["C1CC", "?"], ())
    with pytest.raises(SettingsError, match='unknown property "logp2": did you mean "logP"'):
        read_sample(SMILES, ["logp2"])
