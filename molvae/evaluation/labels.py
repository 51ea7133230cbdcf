"""Molecules in, class labels out that a latent space may or may not know of: scaffolds and kinds of rings.

A label is text, "" for a molecule of none of the classes; `labels != ""` chooses the others.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from molvae.chem.molecules import murcko_scaffold, parse_smiles
from molvae.errors import SettingsError

TextArray = npt.NDArray[np.str_]

ACYCLIC, AROMATIC, ALIPHATIC, MIXED = "no ring", "aromatic rings", "other rings", "both kinds of rings"


def scaffold_labels(smiles: Sequence[str], num_classes: int) -> TextArray:
    """Returns the Murcko scaffold of each molecule `(N,)` if it is one of the most common, else "".

    Which are the most common is counted in the molecules given; of equally common ones the first in the
    alphabet is taken. Molecules without a ring have no scaffold and so no label. To label unseen molecules
    by the classes of others, see `scaffold_labels_among`.

    Args:
        smiles: the molecules.
        num_classes: how many scaffolds are classes; fewer if there are no more.

    Raises:
        MoleculeError: a SMILES can't be read.
        SettingsError: for fewer than one class.

    Source: Bemis and Murcko, J. Med. Chem. 39 (1996) 2887.

    Example:
        >>> scaffold_labels(["Cc1ccccc1", "Oc1ccccc1", "CC1CC1", "CCO"], 1).tolist()
        ['c1ccccc1', 'c1ccccc1', '', '']
    """
    return scaffold_labels_among(smiles, common_scaffolds(smiles, num_classes))


def common_scaffolds(smiles: Sequence[str], num_classes: int) -> list[str]:
    """Returns the scaffolds that the most molecules have, the most common first.

    Args:
        smiles: the molecules.
        num_classes: how many; fewer if there are no more.

    Raises:
        MoleculeError: a SMILES can't be read.
        SettingsError: for fewer than one class.

    Example:
        >>> common_scaffolds(["CC1CC1", "CCO", "Cc1ccccc1", "Oc1ccccc1"], 5)
        ['c1ccccc1', 'C1CC1']
    """
    if num_classes < 1:
        raise SettingsError(f'num_classes is "{num_classes}"; ask for at least 1')
    counts = Counter(murcko_scaffold(text) for text in smiles)
    del counts[""]
    return sorted(counts, key=lambda scaffold: (-counts[scaffold], scaffold))[:num_classes]


def scaffold_labels_among(smiles: Sequence[str], scaffolds: Sequence[str]) -> TextArray:
    """Returns the Murcko scaffold of each molecule `(N,)` if it is one of those given, else "".

    Raises:
        MoleculeError: a SMILES can't be read.

    Example:
        >>> scaffold_labels_among(["Cc1ccccc1", "CC1CC1"], ["C1CC1"]).tolist()
        ['', 'C1CC1']
    """
    found = [murcko_scaffold(text) for text in smiles]
    return np.array([text if text in scaffolds else "" for text in found], dtype=np.str_)


def ring_labels(smiles: Sequence[str]) -> TextArray:
    """Returns which kinds of rings each molecule has, `(N,)`: none, aromatic ones, others, or both.

    A ring is aromatic if all its bonds are, by RDKit's model; rings are those of the smallest set of smallest
    rings. Every molecule has a label.

    Raises:
        MoleculeError: a SMILES can't be read.

    Example:
        >>> ring_labels(["CCO", "Cc1ccccc1", "C1CCCCC1", "c1ccc2c(c1)CCC2"]).tolist()
        ['no ring', 'aromatic rings', 'other rings', 'both kinds of rings']
    """
    return np.array([_kind_of_rings(text) for text in smiles], dtype=np.str_)


def _kind_of_rings(smiles: str) -> str:
    mol = parse_smiles(smiles)
    kinds = {
        all(mol.GetBondWithIdx(bond).GetIsAromatic() for bond in ring)
        for ring in mol.GetRingInfo().BondRings()
    }
    if len(kinds) == 2:
        return MIXED
    if not kinds:
        return ACYCLIC
    return AROMATIC if kinds.pop() else ALIPHATIC
