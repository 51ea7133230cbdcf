"""A molecular graph in, changed at one random place out: an atom, a bond or a ring more, less or another.

It comes as a Kekulé structure whose hydrogens follow from its bonds (`graph_edits.py` makes it so) and is
changed in place; what it becomes may be no molecule that can exist. None is returned where there is no place.

Source: Jensen, Chem. Sci. 10 (2019) 3567, for the kinds of mutations.
"""

from collections.abc import Callable

import numpy as np
from rdkit import Chem
from rdkit.Chem import BondType, RWMol

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

Mutation = Callable[[RWMol, np.random.Generator], RWMol | None]


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


MUTATIONS: dict[str, Mutation] = {
    "append atom": _append_atom,
    "insert atom": _insert_atom,
    "delete atom": _delete_atom,
    "change element": _change_element,
    "change bond order": _change_bond_order,
    "open ring": _open_ring,
    "close ring": _close_ring,
}
