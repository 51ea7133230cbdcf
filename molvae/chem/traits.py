"""SMILES in, all that the metrics of a set of molecules are made of out, each molecule parsed once.

Worker processes run this; a molecule's traits are plain values that travel between processes.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from rdkit.Chem import Mol, MolToSmiles

from molvae.chem.fingerprints import morgan_bits
from molvae.chem.fragments import brics_fragments, ringed_scaffold
from molvae.chem.molecules import parse_smiles, silenced_rdkit
from molvae.chem.properties import num_aromatic_rings, property_function
from molvae.errors import MoleculeError

# MOSES takes similarities of Morgan fingerprints of radius 2 with 1,024 bits.
FINGERPRINT_RADIUS = 2
FINGERPRINT_BITS = 1024


class MoleculeTraits(NamedTuple):
    """What a molecule adds to the metrics of its set.

    Attributes:
        smiles: canonical SMILES.
        bits: the fingerprint, eight bits a byte.
        fragments: BRICS fragments.
        scaffold: Murcko scaffold of two rings or more, otherwise "".
        ring_sizes: atoms of each ring, of the smallest set of smallest rings.
        num_aromatic_rings: rings whose bonds are all aromatic.
        properties: values of the properties that were asked for, in that order.
    """

    smiles: str
    bits: bytes
    fragments: tuple[str, ...]
    scaffold: str
    ring_sizes: tuple[int, ...]
    num_aromatic_rings: int
    properties: tuple[float, ...]


def traits_of(mol: Mol, property_names: Sequence[str] = ()) -> MoleculeTraits:
    """Returns the traits of a molecule.

    Raises:
        SettingsError: one of `property_names` is not a property.
    """
    bits = morgan_bits([mol], radius=FINGERPRINT_RADIUS, num_bits=FINGERPRINT_BITS)
    with silenced_rdkit():
        return MoleculeTraits(
            smiles=str(MolToSmiles(mol)),
            bits=np.packbits(bits).tobytes(),
            fragments=tuple(brics_fragments(mol)),
            scaffold=ringed_scaffold(mol),
            ring_sizes=tuple(len(ring) for ring in mol.GetRingInfo().AtomRings()),
            num_aromatic_rings=int(num_aromatic_rings(mol)),
            properties=tuple(property_function(name)(mol) for name in property_names),
        )


def traits_of_each(smiles: Sequence[str], property_names: Sequence[str] = ()) -> list[MoleculeTraits | None]:
    """Returns the traits of each SMILES, None for one that is no molecule.

    Example:
        >>> ethanol, nothing = traits_of_each(["OCC", "C1CC"], ["num_heavy_atoms"])
        >>> ethanol.smiles, ethanol.fragments, ethanol.properties
        ('CCO', ('CCO',), (3.0,))
        >>> nothing is None
        True

    Raises:
        SettingsError: one of `property_names` is not a property.
    """
    return [_traits_or_none(text, property_names) for text in smiles]


def _traits_or_none(smiles: str, property_names: Sequence[str]) -> MoleculeTraits | None:
    try:
        return traits_of(parse_smiles(smiles), property_names)
    except MoleculeError:
        return None
