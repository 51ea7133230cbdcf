"""The words that scores of molecules are put together from: a score is a function of an `Examined` molecule.

Each word returns a `Score`. What the terms of a score need of a molecule more than once (a fingerprint,
logP) is computed once, and what they need of a target once and for all.

Source of the modifiers: Brown et al., J. Chem. Inf. Model. 59 (2019) 1096 (GuacaMol).
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any

from rdkit import Chem
from rdkit.Chem import GraphDescriptors, Mol

from molvae.chem.fingerprints import (
    SparseFingerprint,
    unhashed_atom_pair_counts,
    unhashed_feature_counts,
    unhashed_morgan_counts,
    unhashed_tanimoto,
)
from molvae.chem.molecules import parse_smiles
from molvae.chem.pharmacophores import pharmacophore_bits


class Examined:
    """A molecule and what has been computed of it so far."""

    def __init__(self, mol: Mol) -> None:
        self.mol = mol
        self._known: dict[Callable[[Mol], Any], Any] = {}

    def take(self, feature: Callable[[Mol], Any]) -> Any:
        """What the function says of the molecule; it is asked once."""
        if feature not in self._known:
            self._known[feature] = feature(self.mol)
        return self._known[feature]


Score = Callable[[Examined], float]
Fingerprint = Callable[[Mol], SparseFingerprint]

ecfp4: Fingerprint = partial(unhashed_morgan_counts, radius=2)
ecfp6: Fingerprint = partial(unhashed_morgan_counts, radius=3)
fcfp4: Fingerprint = partial(unhashed_feature_counts, radius=2)
atom_pairs: Fingerprint = partial(unhashed_atom_pair_counts, max_distance=10)
pharmacophore: Fingerprint = pharmacophore_bits


def gaussian(x: float, mean: float, width: float) -> float:
    """Returns exp(-((x - mean) / width)^2 / 2), which is 1 at the mean.

    Example:
        >>> round(gaussian(3.0, 2.0, 0.5), 4)
        0.1353
    """
    return math.exp(-(((x - mean) / width) ** 2) / 2)


def similarity(fingerprint: Fingerprint, target: str) -> Score:
    """The Tanimoto similarity to a target, given as SMILES."""
    return lambda molecule: unhashed_tanimoto(molecule.take(fingerprint), _of_target(fingerprint, target))


@lru_cache(maxsize=256)
def _of_target(feature: Callable[[Mol], Any], target: str) -> Any:
    return feature(parse_smiles(target))


def clipped(upper: float, score: Score) -> Score:
    """A score as a share of `upper`, above which there is no more to gain."""
    return lambda molecule: min(score(molecule) / upper, 1.0)


def value(feature: Callable[[Mol], float]) -> Score:
    """A property as it is."""
    return lambda molecule: molecule.take(feature)


def bell(mean: float, width: float, score: Score) -> Score:
    """1 at the mean, falling off on both sides."""
    return lambda molecule: gaussian(score(molecule), mean, width)


def at_most(mean: float, width: float, score: Score) -> Score:
    """1 up to the mean, falling off above (MinGaussian)."""
    return lambda molecule: gaussian(max(score(molecule), mean), mean, width)


def at_least(mean: float, width: float, score: Score) -> Score:
    """1 from the mean on, falling off below (MaxGaussian)."""
    return lambda molecule: gaussian(min(score(molecule), mean), mean, width)


def as_in(target: str, width: float, feature: Callable[[Mol], float]) -> Score:
    """1 for the value that a target has, falling off on both sides."""
    return lambda molecule: gaussian(molecule.take(feature), _of_target(feature, target), width)


def element_counts(mol: Mol) -> Counter[str]:
    """How many atoms there are of each element, hydrogens among them.

    Example:
        >>> element_counts(parse_smiles("CO")) == {"C": 1, "O": 1, "H": 4}
        True
    """
    counts = Counter(atom.GetSymbol() for atom in mol.GetAtoms())
    counts["H"] += sum(atom.GetTotalNumHs() for atom in mol.GetAtoms())
    return counts


def num_atoms(element: str) -> Score:
    """How many atoms there are of an element."""
    return lambda molecule: molecule.take(element_counts)[element]


def atoms_read_from_smiles(mol: Mol) -> int:
    """What a reader of formulas takes for the number of all atoms in a canonical SMILES.

    Each capital letter, with the small ones after it, is taken for an element, and the digits after those for
    its count; so small letters alone are no atoms, and the number of a ring may be many.

    Example:
        >>> atoms_read_from_smiles(parse_smiles("OC1CCCCC1"))
        7
        >>> atoms_read_from_smiles(parse_smiles("C1CC2CCC12"))
        18
    """
    found = re.findall(r"[A-Z][a-z]*(\d*)", Chem.MolToSmiles(mol))
    return sum(int(digits or 1) for digits in found)


def isomer(**formula: int) -> Score:
    """How near the molecular formula is: each element's count within 1 or so, all atoms within 2."""
    return _isomer(lambda molecule: molecule.take(element_counts).total(), formula)


def isomer_by_smiles(**formula: int) -> Score:
    """As `isomer`, but all atoms are `atoms_read_from_smiles`: a flaw of PyTDC before 0.3.7."""
    return _isomer(value(atoms_read_from_smiles), formula)


def _isomer(num_all: Score, formula: Mapping[str, int]) -> Score:
    terms = [bell(count, 1, num_atoms(element)) for element, count in formula.items()]
    return geometric_mean(*terms, bell(sum(formula.values()), 2, num_all))


def geometric_mean(*terms: Score) -> Score:
    """The geometric mean; 0 if a term is, and then the terms after it are not computed."""

    def score(molecule: Examined) -> float:
        sum_of_logs = 0.0
        for term in terms:
            if (factor := term(molecule)) <= 0:
                return 0.0
            sum_of_logs += math.log(factor)
        return math.exp(sum_of_logs / len(terms))

    return score


def mean(*terms: Score) -> Score:
    """The arithmetic mean."""
    return lambda molecule: sum(term(molecule) for term in terms) / len(terms)


def has(smarts: str) -> Score:
    """1 for a molecule with the substructure, else 0."""
    return lambda molecule: float(molecule.mol.HasSubstructMatch(_query(smarts)))


def lacks(smarts: str) -> Score:
    """1 for a molecule without the substructure, else 0."""
    return lambda molecule: float(not molecule.mol.HasSubstructMatch(_query(smarts)))


@lru_cache(maxsize=64)
def _query(smarts: str) -> Mol:
    return Chem.MolFromSmarts(smarts)


def bertz_complexity(mol: Mol) -> float:
    """BertzCT, the complexity index of Bertz (J. Am. Chem. Soc. 103 (1981) 3599), in bits."""
    return float(GraphDescriptors.BertzCT(mol))
