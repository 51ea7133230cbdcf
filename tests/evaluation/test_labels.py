"""Labels of molecules whose classes a chemist knows."""

from collections import Counter

import pytest

from molvae.chem.properties import compute_properties
from molvae.errors import MoleculeError, SettingsError
from molvae.evaluation.labels import (
    ALIPHATIC,
    AROMATIC,
    common_scaffolds,
    ring_labels,
    scaffold_labels,
    scaffold_labels_among,
)


def test_drugs_are_of_the_class_of_their_rings(drugs: dict[str, str]) -> None:
    labels = dict(zip(drugs, ring_labels(list(drugs.values())).tolist(), strict=True))
    assert labels["metformin"] == "no ring"
    assert labels["aspirin"] == labels["caffeine"] == "aromatic rings"
    assert labels["testosterone"] == "other rings"
    assert labels["nicotine"] == labels["morphine"] == labels["diazepam"] == "both kinds of rings"


def test_aromatic_labels_agree_with_the_counts_of_rings(drugs: dict[str, str]) -> None:
    counts = compute_properties(list(drugs.values()), ["num_rings", "num_aromatic_rings"])
    for label, (rings, aromatic) in zip(ring_labels(list(drugs.values())), counts, strict=True):
        assert (label == AROMATIC) == (rings == aromatic > 0)
        assert (label == ALIPHATIC) == (rings > aromatic == 0)


def test_benzene_is_the_commonest_scaffold_of_drugs_and_those_without_a_ring_have_none(
    drugs: dict[str, str],
) -> None:
    labels = scaffold_labels(list(drugs.values()), 2)
    counts = Counter(labels.tolist())
    assert common_scaffolds(list(drugs.values()), 1) == ["c1ccccc1"]
    assert set(counts) == {"c1ccccc1", "", common_scaffolds(list(drugs.values()), 2)[1]}
    assert labels[list(drugs).index("ibuprofen")] == "c1ccccc1"
    assert labels[list(drugs).index("choline")] == ""


def test_equally_common_scaffolds_come_in_the_order_of_the_alphabet() -> None:
    assert common_scaffolds(["C1CCC1", "C1CC1", "c1ccccc1", "c1ccccc1"], 2) == ["c1ccccc1", "C1CC1"]
    assert common_scaffolds(["CCO"], 2) == []


def test_unseen_molecules_have_the_classes_of_others() -> None:
    classes = common_scaffolds(["CC1CC1", "CCC1CC1", "c1ccccc1"], 1)
    assert scaffold_labels_among(["OC1CC1", "Cc1ccccc1", "C"], classes).tolist() == ["C1CC1", "", ""]


def test_what_is_no_molecule_and_no_class_is_refused() -> None:
    with pytest.raises(MoleculeError):
        ring_labels(["C1CC"])
    with pytest.raises(SettingsError, match="at least 1"):
        scaffold_labels(["C"], 0)
