"""One molecule or two in, a changed one out: edits of the molecular graph, drawn at random.

A crossover joins a part of one molecule to a part of another, a graft adds a part of another to a molecule
or exchanges one of its own, and a mutation changes an atom, a bond or a ring.
An edit that makes no molecule, or one of those that `is_sound` refuses, is drawn again some times over.
Aromatic rings need no rules of their own, as all edits are made on Kekulé structures.

Source: Jensen, Chem. Sci. 10 (2019) 3567, for the kinds of edits and for what is refused.
"""

from collections.abc import Callable

import numpy as np
from rdkit import Chem
from rdkit.Chem import Mol, RWMol

from molvae.chem.graph_crossovers import attach_part, cross_chains, cross_rings
from molvae.chem.graph_mutations import MAX_RING_SIZE, MUTATIONS
from molvae.chem.molecules import silenced_rdkit

#: How often an edit is drawn before it is given up.
ATTEMPTS = 10
#: Elements whose hydrogens follow from their bonds, so that edits need not count them.
_ORGANIC = frozenset({"B", "C", "N", "O", "F", "Si", "P", "S", "Cl", "Se", "Br", "I"})
_RING_ALLENE = Chem.MolFromSmarts("[R]=[R]=[R]")
_SMALL_RING_ALKENE = Chem.MolFromSmarts("[r3,r4]=[r3,r4]")
_SULFUR_HYDRIDE = Chem.MolFromSmarts("[S;v4,v6;!H0]")

Crossing = Callable[[RWMol, RWMol, np.random.Generator], RWMol | None]


def crossover(first: Mol, second: Mol, generator: np.random.Generator) -> Mol | None:
    """A molecule of a part of each of two; None if none was found.

    Half of the draws cut both molecules at a single bond outside rings, half at two bonds of a ring.

    Example:
        >>> chain, ring = Chem.MolFromSmiles("CCO"), Chem.MolFromSmiles("Fc1ccccc1")
        >>> Chem.MolToSmiles(crossover(chain, ring, np.random.default_rng(0)))
        'OCc1ccccc1'
    """
    return _child_of_two(first, second, (cross_chains, cross_rings), generator)


def graft(mol: Mol, donor: Mol, generator: np.random.Generator) -> Mol | None:
    """The molecule, or a part of it, with a part of the donor on it; None if none was found.

    Half of the draws put the part in the place of a hydrogen, half in that of what lies on either side of a
    single bond outside rings.

    Example:
        >>> chain, ring = Chem.MolFromSmiles("CCO"), Chem.MolFromSmiles("Fc1ccccc1")
        >>> Chem.MolToSmiles(graft(chain, ring, np.random.default_rng(0)))
        'OCCF'
    """
    return _child_of_two(mol, donor, (cross_chains, attach_part), generator)


def mutate(mol: Mol, generator: np.random.Generator) -> Mol | None:
    """The molecule after one of the edits of `MUTATIONS`, drawn evenly; None if none was found.

    Example:
        >>> Chem.MolToSmiles(mutate(Chem.MolFromSmiles("CCO"), np.random.default_rng(0)))
        'CC=O'
    """
    max_ring_size = max(MAX_RING_SIZE, _largest_ring(mol))
    with silenced_rdkit():
        parent = _editable(mol)
        for _ in range(ATTEMPTS):
            edit = list(MUTATIONS.values())[generator.integers(len(MUTATIONS))]
            child = _finished(edit(RWMol(parent), generator))
            if child is not None and is_sound(child, max_ring_size):
                return child
    return None


def _child_of_two(
    first: Mol, second: Mol, ways: tuple[Crossing, Crossing], generator: np.random.Generator
) -> Mol | None:
    """What comes of two molecules, each of the ways drawn as often as the other."""
    max_ring_size = max(MAX_RING_SIZE, _largest_ring(first), _largest_ring(second))
    with silenced_rdkit():
        parents = _editable(first), _editable(second)
        for _ in range(ATTEMPTS):
            cross = ways[0] if generator.random() < 0.5 else ways[1]
            child = _finished(cross(*parents, generator))
            if child is not None and is_sound(child, max_ring_size):
                return child
    return None


def is_sound(mol: Mol, max_ring_size: int = MAX_RING_SIZE) -> bool:
    """Whether rings are plausible (none too large, no allene, no double bond in one of 3 or 4), and sulfur.

    Sulfur of four or six bonds has no hydrogen in molecules that keep.

    Example:
        >>> is_sound(Chem.MolFromSmiles("c1ccccc1")), is_sound(Chem.MolFromSmiles("C1=CC1"))
        (True, False)
    """
    return (
        _largest_ring(mol) <= max_ring_size
        and not mol.HasSubstructMatch(_RING_ALLENE)
        and not mol.HasSubstructMatch(_SMALL_RING_ALKENE)
        and not mol.HasSubstructMatch(_SULFUR_HYDRIDE)
    )


def _largest_ring(mol: Mol) -> int:
    return max((len(ring) for ring in mol.GetRingInfo().AtomRings()), default=0)


def _editable(mol: Mol) -> RWMol:
    """A copy as a Kekulé structure whose hydrogens follow from its bonds."""
    editable = RWMol(mol)
    Chem.Kekulize(editable, clearAromaticFlags=True)
    for atom in editable.GetAtoms():
        if atom.GetSymbol() in _ORGANIC and not atom.GetNumRadicalElectrons():
            atom.SetNoImplicit(False)
            atom.SetNumExplicitHs(0)
    editable.UpdatePropertyCache(strict=False)
    return editable


def _finished(edited: RWMol | None) -> Mol | None:
    """What was edited as a molecule like any other; None for pieces, radicals, and what can't exist."""
    if edited is None or not edited.GetNumAtoms():
        return None
    try:
        Chem.SanitizeMol(edited)
    except ValueError:  # a valence, or a ring that can't be aromatic
        return None
    if any(atom.GetNumRadicalElectrons() for atom in edited.GetAtoms()):
        return None
    smiles = Chem.MolToSmiles(edited)
    return None if "." in smiles else Chem.MolFromSmiles(smiles)
