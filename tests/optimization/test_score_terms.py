"""The words of scores, by hand."""

import math

import pytest
from rdkit.Chem import Mol

from molvae.chem.molecules import parse_smiles
from molvae.optimization.score_terms import (
    Examined,
    Score,
    as_in,
    at_least,
    at_most,
    bell,
    clipped,
    geometric_mean,
    has,
    isomer,
    lacks,
    mean,
    num_atoms,
    value,
)

ETHANOL = Examined(parse_smiles("CCO"))


def constant(number: float) -> Score:
    return lambda molecule: number


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (bell(2, 0.5, constant(2.5)), math.exp(-0.5)),
        (bell(2, 0.5, constant(1.5)), math.exp(-0.5)),
        (at_most(2, 0.5, constant(2.5)), math.exp(-0.5)),
        (at_most(2, 0.5, constant(-9)), 1.0),
        (at_least(2, 0.5, constant(1.5)), math.exp(-0.5)),
        (at_least(2, 0.5, constant(9)), 1.0),
        (clipped(0.8, constant(0.4)), 0.5),
        (clipped(0.8, constant(0.9)), 1.0),
        (geometric_mean(constant(0.25), constant(1.0)), 0.5),
        (geometric_mean(constant(0.0), constant(1.0)), 0.0),
        (mean(constant(0.25), constant(0.75)), 0.5),
        (num_atoms("H"), 6),
        (num_atoms("N"), 0),
        (has("CO"), 1),
        (has("CN"), 0),
        (lacks("CO"), 0),
        (lacks("CN"), 1),
        (isomer(C=2, H=6, O=1), 1.0),
        (isomer(C=2, H=6, O=1, S=1), math.exp(-(1 + 1 / 4) / 2 / 5)),
    ],
)
def test_each_word_means_what_it_says(score: Score, expected: float) -> None:
    assert score(ETHANOL) == pytest.approx(expected, abs=1e-12)


def test_a_product_of_tiny_terms_is_not_lost() -> None:
    assert geometric_mean(*[constant(1e-200)] * 3)(ETHANOL) == pytest.approx(1e-200, rel=1e-9)


def test_a_property_is_computed_once_a_molecule_and_once_a_target() -> None:
    asked: list[int] = []

    def size(mol: Mol) -> float:
        asked.append(mol.GetNumAtoms())
        return float(mol.GetNumAtoms())

    score = mean(value(size), bell(3, 1, value(size)), as_in("CCCC", 1, size))
    for text in ("CCO", "CCCCC"):
        score(Examined(parse_smiles(text)))
    assert sorted(asked) == [3, 4, 5]
