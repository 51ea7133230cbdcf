"""Molecules in, a few numbers each out that say what a molecule is like as a whole.

Size, formula, polarity and rings: what a count of fragments tells only by going through all of them.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from rdkit.Chem import Mol, rdMolDescriptors

from molvae.interfaces import FloatArray

HALOGENS = ("F", "Cl", "Br", "I")
#: What is described, and how much each differs (a standard deviation) among 3,000 molecules of ZINC250k.
#: Of sizes and areas it is the square root, so that one more atom counts for less in a large molecule.
DESCRIPTOR_SPREADS: dict[str, float] = {
    "root of the weight": 1.74,
    "logP": 1.42,
    "root of the molar refractivity": 0.94,
    "root of TPSA": 1.50,
    "hydrogen-bond donors": 0.86,
    "hydrogen-bond acceptors": 1.50,
    "rotatable bonds": 1.59,
    "rings": 1.01,
    "aromatic rings": 0.96,
    "share of sp3 carbon": 0.22,
    "root of carbon": 0.46,
    "nitrogen": 1.42,
    "oxygen": 1.28,
    "sulfur": 0.60,
    "halogens": 0.90,
}
NUM_DESCRIPTORS = len(DESCRIPTOR_SPREADS)
SPREADS: FloatArray = np.array(list(DESCRIPTOR_SPREADS.values()))


def descriptors(mols: Sequence[Mol]) -> FloatArray:
    """Descriptors `(N, NUM_DESCRIPTORS)`, each in units of its spread among molecules of ZINC250k.

    Example:
        >>> from rdkit import Chem
        >>> described = descriptors([Chem.MolFromSmiles("NCCO")])
        >>> dict(zip(DESCRIPTOR_SPREADS, (described[0] * SPREADS).round(1).tolist()))["nitrogen"]
        1.0
    """
    return np.array([_described(mol) for mol in mols]).reshape(-1, NUM_DESCRIPTORS) / SPREADS


def _described(mol: Mol) -> list[float]:
    elements = Counter(atom.GetSymbol() for atom in mol.GetAtoms())
    log_p, refractivity = rdMolDescriptors.CalcCrippenDescriptors(mol)
    return [
        rdMolDescriptors.CalcExactMolWt(mol) ** 0.5,
        log_p,
        max(refractivity, 0.0) ** 0.5,
        rdMolDescriptors.CalcTPSA(mol) ** 0.5,
        rdMolDescriptors.CalcNumHBD(mol),
        rdMolDescriptors.CalcNumHBA(mol),
        rdMolDescriptors.CalcNumRotatableBonds(mol),
        rdMolDescriptors.CalcNumRings(mol),
        rdMolDescriptors.CalcNumAromaticRings(mol),
        rdMolDescriptors.CalcFractionCSP3(mol),
        elements["C"] ** 0.5,
        elements["N"],
        elements["O"],
        elements["S"],
        sum(elements[name] for name in HALOGENS),
    ]
