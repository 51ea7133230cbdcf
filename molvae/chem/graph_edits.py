"""One molecule or two in, a changed one out: edits of the molecular graph, drawn at random.

A crossover joins a part of one molecule to a part of another; a mutation changes an atom, a bond or a ring.
An edit that makes no molecule, or one of those that `is_sound` refuses, is drawn again some times over.
Aromatic rings need no rules of their own, as all edits are made on Kekulé structures.

Source: Jensen, Chem. Sci. 10 (2019) 3567, for the kinds of edits and for what is refused.
"""

from collections.abc import Callable

import numpy as np
from rdkit import Chem
from rdkit.Chem import BondType, Mol, RWMol

from molvae.chem.molecules import silenced_rdkit

#: How often an edit is drawn before it is given up.
ATTEMPTS = 10
#: The largest ring that edits may make; parents may have larger ones, and then children may too.
MAX_RING_SIZE = 6

_ORDERS = (BondType.SINGLE, BondType.DOUBLE, BondType.TRIPLE)
#: Elements that an added atom may be of, by the order of its bond.
_ADDED = {
    BondType.SINGLE: ("C", "N", "O", "F", "S", "Cl", "Br"),
    BondType.DOUBLE: ("C", "N", "O"),
    BondType.TRIPLE: ("C", "N"),
}
_ORDER_SHARES = (0.60, 0.35, 0.05)
#: Elements that an atom may be turned into, and those that may come between two atoms.
_CHANGED = ("C", "N", "O", "F", "S", "Cl", "Br")
_INSERTED = ("C", "N", "O", "S")
#: Elements whose hydrogens follow from their bonds, so that edits need not count them.
_ORGANIC = frozenset({"B", "C", "N", "O", "F", "Si", "P", "S", "Cl", "Se", "Br", "I"})
_RING_ALLENE = Chem.MolFromSmarts("[R]=[R]=[R]")
_SMALL_RING_ALKENE = Chem.MolFromSmarts("[r3,r4]=[r3,r4]")
_SULFUR_HYDRIDE = Chem.MolFromSmarts("[S;v4,v6;!H0]")

Edit = Callable[[RWMol, np.random.Generator], RWMol | None]


def crossover(first: Mol, second: Mol, generator: np.random.Generator) -> Mol | None:
    """A molecule of a part of each of two; None if none was found.

    Half of the draws cut both molecules at a single bond outside rings, half at two bonds of a ring.

    Example:
        >>> chain, ring = Chem.MolFromSmiles("CCO"), Chem.MolFromSmiles("Fc1ccccc1")
        >>> Chem.MolToSmiles(crossover(chain, ring, np.random.default_rng(0)))
        'OCc1ccccc1'
    """
    max_ring_size = max(MAX_RING_SIZE, _largest_ring(first), _largest_ring(second))
    with silenced_rdkit():
        parents = _editable(first), _editable(second)
        for _ in range(ATTEMPTS):
            cross = _cross_chains if generator.random() < 0.5 else _cross_rings
            child = _finished(cross(*parents, generator))
            if child is not None and is_sound(child, max_ring_size):
                return child
    return None


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


def _cross_chains(first: RWMol, second: RWMol, generator: np.random.Generator) -> RWMol | None:
    ends = []
    for mol in (first, second):
        bonds = [b for b in mol.GetBonds() if not b.IsInRing() and b.GetBondType() == BondType.SINGLE]
        if not bonds:
            return None
        bond = bonds[generator.integers(len(bonds))]
        pair = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        ends.append(pair if generator.random() < 0.5 else pair[::-1])
    (kept, cut), (other_kept, other_cut) = ends
    return _joined(first, second, cuts=([(kept, cut)], [(other_kept, other_cut)]), orders=[BondType.SINGLE])


def _cross_rings(first: RWMol, second: RWMol, generator: np.random.Generator) -> RWMol | None:
    cuts = [_draw_ring_cut(mol, generator) for mol in (first, second)]
    if cuts[0] is None or cuts[1] is None:
        return None
    orders = [_ORDERS[generator.integers(2)] for _ in range(2)]
    return _joined(first, second, cuts=(cuts[0], cuts[1]), orders=orders)


def _draw_ring_cut(mol: RWMol, generator: np.random.Generator) -> list[tuple[int, int]] | None:
    """Two bonds of a ring that part the molecule in two, each as (an atom of one part, one of the other)."""
    rings = mol.GetRingInfo().BondRings()
    if not rings:
        return None
    ring = rings[generator.integers(len(rings))]
    chosen = [mol.GetBondWithIdx(ring[i]) for i in generator.choice(len(ring), 2, replace=False).tolist()]
    pairs = [(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) for bond in chosen]
    parted = RWMol(mol)
    for pair in pairs:
        parted.RemoveBond(*pair)
    parts = Chem.GetMolFrags(parted)
    if len(parts) == len(Chem.GetMolFrags(mol)):
        return None  # another ring holds them together
    kept = pairs[0][generator.integers(2)]
    side = next(part for part in parts if kept in part)
    cut = [pair if pair[0] in side else pair[::-1] for pair in pairs]
    return cut if generator.random() < 0.5 else cut[::-1]


def _joined(
    first: RWMol,
    second: RWMol,
    cuts: tuple[list[tuple[int, int]], list[tuple[int, int]]],
    orders: list[BondType],
) -> RWMol | None:
    """One part of each of two molecules, joined at their cuts.

    Args:
        first: the one molecule.
        second: the other.
        cuts: of each molecule, the bonds to cut, as (an atom of the part that is kept, one of the other).
        orders: of the new bonds, which join the kept atoms of the cuts in order.
    """
    shift = first.GetNumAtoms()
    both = RWMol(Chem.CombineMols(first, second))
    for pair in cuts[0]:
        both.RemoveBond(*pair)
    for kept, cut in cuts[1]:
        both.RemoveBond(kept + shift, cut + shift)
    for (kept, _), (other, _), order in zip(*cuts, orders, strict=True):
        if both.GetBondBetweenAtoms(kept, other + shift) is not None:
            return None
        both.AddBond(kept, other + shift, order)
    child = next(part for part in Chem.GetMolFrags(both) if cuts[0][0][0] in part)
    return _without_atoms(both, set(range(both.GetNumAtoms())) - set(child))


def _without_atoms(mol: RWMol, atoms: set[int]) -> RWMol:
    for index in sorted(atoms, reverse=True):
        mol.RemoveAtom(index)
    return mol


def _append_atom(mol: RWMol, generator: np.random.Generator) -> RWMol | None:
    """A new atom on one that has a hydrogen to give."""
    order = _ORDERS[generator.choice(len(_ORDERS), p=_ORDER_SHARES)]
    places = [a.GetIdx() for a in mol.GetAtoms() if a.GetNumImplicitHs() > _ORDERS.index(order)]
    if not places:
        return None
    elements = _ADDED[order]
    new = mol.AddAtom(Chem.Atom(elements[generator.integers(len(elements))]))
    mol.AddBond(places[generator.integers(len(places))], new, order)
    return mol


def _insert_atom(mol: RWMol, generator: np.random.Generator) -> RWMol | None:
    """A new atom between two neighbors, by single bonds or, sometimes, by a double one on one side."""
    if not mol.GetNumBonds():
        return None
    bond = mol.GetBondWithIdx(int(generator.integers(mol.GetNumBonds())))
    ends = [bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()]
    if generator.random() < 0.5:
        ends.reverse()
    mol.RemoveBond(*ends)
    new = mol.AddAtom(Chem.Atom(_INSERTED[generator.integers(len(_INSERTED))]))
    mol.AddBond(ends[0], new, BondType.DOUBLE if generator.random() < 0.25 else BondType.SINGLE)
    mol.AddBond(new, ends[1], BondType.SINGLE)
    return mol


def _delete_atom(mol: RWMol, generator: np.random.Generator) -> RWMol | None:
    """One atom less; one of its neighbors takes its place."""
    if mol.GetNumAtoms() < 2:
        return None
    atom = mol.GetAtomWithIdx(int(generator.integers(mol.GetNumAtoms())))
    neighbors = [neighbor.GetIdx() for neighbor in atom.GetNeighbors()]
    if neighbors:
        heir = neighbors.pop(int(generator.integers(len(neighbors))))
        for neighbor in neighbors:
            if mol.GetBondBetweenAtoms(heir, neighbor) is None:
                mol.AddBond(heir, neighbor, BondType.SINGLE)
    mol.RemoveAtom(atom.GetIdx())
    return mol


def _change_element(mol: RWMol, generator: np.random.Generator) -> RWMol | None:
    atom = mol.GetAtomWithIdx(int(generator.integers(mol.GetNumAtoms())))
    elements = [element for element in _CHANGED if element != atom.GetSymbol()]
    new = Chem.Atom(elements[generator.integers(len(elements))])
    mol.ReplaceAtom(atom.GetIdx(), new)
    return mol


def _change_bond_order(mol: RWMol, generator: np.random.Generator) -> RWMol | None:
    if not mol.GetNumBonds():
        return None
    bond = mol.GetBondWithIdx(int(generator.integers(mol.GetNumBonds())))
    orders = [order for order in _ORDERS if order != bond.GetBondType()]
    bond.SetStereo(Chem.BondStereo.STEREONONE)
    bond.SetBondType(orders[generator.integers(len(orders))])
    return mol


def _open_ring(mol: RWMol, generator: np.random.Generator) -> RWMol | None:
    """A ring less, by a bond of it taken away."""
    bonds = [(b.GetBeginAtomIdx(), b.GetEndAtomIdx()) for b in mol.GetBonds() if b.IsInRing()]
    if not bonds:
        return None
    mol.RemoveBond(*bonds[generator.integers(len(bonds))])
    return mol


def _close_ring(mol: RWMol, generator: np.random.Generator) -> RWMol | None:
    """A ring more, of 3 to `MAX_RING_SIZE` atoms: the size is drawn first, then two atoms that far apart."""
    size = int(generator.integers(3, MAX_RING_SIZE + 1))
    distances = Chem.GetDistanceMatrix(mol)
    free = np.array([atom.GetNumImplicitHs() > 0 for atom in mol.GetAtoms()])
    pairs = np.argwhere(np.triu((distances == size - 1) & free & free[:, None]))
    if not len(pairs):
        return None
    mol.AddBond(*pairs[generator.integers(len(pairs))].tolist(), BondType.SINGLE)
    return mol


MUTATIONS: dict[str, Edit] = {
    "append atom": _append_atom,
    "insert atom": _insert_atom,
    "delete atom": _delete_atom,
    "change element": _change_element,
    "change bond order": _change_bond_order,
    "open ring": _open_ring,
    "close ring": _close_ring,
}
