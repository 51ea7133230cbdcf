"""A molecule in, its 2D pharmacophore fingerprint out: pairs and triples of points and their distances.

Points are atoms of eight families (donors, acceptors, ring attachments, ...). Distances are bonds along the
shortest path, in bins: 2, 3, ..., 7, and 8 or more. Points that are nearer make no pair and no triple.

RDKit has the definitions of the families, and a fingerprint of the same bits in another order, which takes
ten times as long.

Source: Gobbi and Poppinger, Biotechnol. Bioeng. 61 (1998) 47.
"""

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from rdkit import Chem, DataStructs
from rdkit.Chem.Pharm2D import Gobbi_Pharm2D

IntArray = npt.NDArray[np.int64]

#: Families, of which there are eight, and bins (0 for none) each take one octal digit of a bit's number.
_BASE = 8
_LONGEST_BIN = 7
#: A pair has two digits of families and one of a distance, a triple three of each; triples follow the pairs.
_NUM_PAIRS = _BASE**3
_NUM_BITS = _NUM_PAIRS + _BASE**6
#: Atoms of different fragments are as far apart as this, or farther, and so make no pair.
_TOO_FAR = 100


def pharmacophore_bits(mol: Chem.Mol) -> Any:
    """Returns which pairs and triples of pharmacophore points occur, as RDKit's `SparseBitVect`.

    Example:
        >>> pharmacophore_bits(Chem.MolFromSmiles("NCCO")).GetNumOnBits()
        5
    """
    families, bins = _points(mol)
    fingerprint = DataStructs.SparseBitVect(_NUM_BITS)
    fingerprint.SetBitsFromList(
        np.unique(np.concatenate([_pairs(families, bins), _triples(families, bins)])).tolist()
    )
    return fingerprint


def _points(mol: Chem.Mol) -> tuple[IntArray, IntArray]:
    """The families `(P,)` of the points, in rising order, and the bins `(P, P)` of their distances."""
    points = sorted(
        {(family, atom) for family, query in _queries() for (atom,) in mol.GetSubstructMatches(query)}
    )
    families, atoms = np.array(points, dtype=np.int64).reshape(-1, 2).T
    distances = Chem.GetDistanceMatrix(mol)[np.ix_(atoms, atoms)]
    bins = np.clip(distances, 1, _LONGEST_BIN + 1).astype(np.int64) - 1
    return families, np.where(distances < _TOO_FAR, bins, 0)


@lru_cache(maxsize=1)
def _queries() -> list[tuple[int, Chem.Mol]]:
    """The family of each definition, as its place in the alphabet, and what matches one atom of it."""
    definitions = {name.split(".")[0]: smarts for name, smarts in _definitions().items()}
    return [
        (family, Chem.MolFromSmarts(definitions[name])) for family, name in enumerate(sorted(definitions))
    ]


def _definitions() -> dict[str, str]:
    return dict(Gobbi_Pharm2D.factory.featFactory.GetFeatureDefs())


def _pairs(families: IntArray, bins: IntArray) -> IntArray:
    first, second = np.nonzero(np.triu(bins))
    return (families[first] * _BASE + families[second]) * _BASE + bins[first, second]


def _triples(families: IntArray, bins: IntArray) -> IntArray:
    """Numbers of the triples; points of the same family may change places, so their distances are sorted."""
    joined = np.triu(bins > 0)
    first, second, third = np.nonzero(joined[:, :, None] & joined[:, None, :] & joined[None, :, :])
    near, far, opposite = bins[first, second], bins[first, third], bins[second, third]
    alike_before, alike_after = families[first] == families[second], families[second] == families[third]
    near, far = _swapped(near, far, alike_after & (near < far))
    far, opposite = _swapped(far, opposite, alike_before & (far < opposite))
    near, far = _swapped(near, far, alike_after & (near < far))
    number = families[first]
    for digit in (families[second], families[third], near, far, opposite):
        number = number * _BASE + digit
    return _NUM_PAIRS + number


def _swapped(left: IntArray, right: IntArray, where: npt.NDArray[np.bool_]) -> tuple[IntArray, IntArray]:
    return np.where(where, right, left), np.where(where, left, right)
