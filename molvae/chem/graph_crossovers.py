"""Two molecular graphs in, one of parts of both out: cut and joined at random places.

Both come as Kekulé structures whose hydrogens follow from their bonds (`graph_edits.py` makes them so), and
what comes out is one too; it may be no molecule that can exist. None stands for no place to cut.

Source: Jensen, Chem. Sci. 10 (2019) 3567.
"""

import numpy as np
from rdkit import Chem
from rdkit.Chem import BondType, RWMol

_RING_ORDERS = (BondType.SINGLE, BondType.DOUBLE)

#: A bond that is cut: an atom of the part that is kept, and one of the other; None where a hydrogen goes.
Cut = tuple[int, int | None]


def cross_chains(first: RWMol, second: RWMol, generator: np.random.Generator) -> RWMol | None:
    """Both cut at a single bond outside rings, and a part of each joined by such a bond."""
    cut = _draw_chain_cut(first, generator)
    other_cut = None if cut is None else _draw_chain_cut(second, generator)
    if cut is None or other_cut is None:
        return None
    return _joined(first, second, cuts=([cut], [other_cut]), orders=[BondType.SINGLE])


def attach_part(mol: RWMol, donor: RWMol, generator: np.random.Generator) -> RWMol | None:
    """The donor cut at a single bond outside rings, a part of it on an atom that has a hydrogen to give."""
    places = [atom.GetIdx() for atom in mol.GetAtoms() if atom.GetNumImplicitHs()]
    cut = _draw_chain_cut(donor, generator)
    if not places or cut is None:
        return None
    place = places[generator.integers(len(places))]
    return _joined(mol, donor, cuts=([(place, None)], [cut]), orders=[BondType.SINGLE])


def _draw_chain_cut(mol: RWMol, generator: np.random.Generator) -> Cut | None:
    """A single bond outside rings, as (an atom of the part that is kept, one of the other)."""
    bonds = [b for b in mol.GetBonds() if not b.IsInRing() and b.GetBondType() == BondType.SINGLE]
    if not bonds:
        return None
    bond = bonds[generator.integers(len(bonds))]
    pair = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
    return pair if generator.random() < 0.5 else pair[::-1]


def cross_rings(first: RWMol, second: RWMol, generator: np.random.Generator) -> RWMol | None:
    """Both cut at two bonds of a ring, and a part of each joined to a new ring by single or double bonds."""
    cuts = [_draw_ring_cut(mol, generator) for mol in (first, second)]
    if cuts[0] is None or cuts[1] is None:
        return None
    orders = [_RING_ORDERS[generator.integers(2)] for _ in range(2)]
    return _joined(first, second, cuts=(cuts[0], cuts[1]), orders=orders)


def _draw_ring_cut(mol: RWMol, generator: np.random.Generator) -> list[Cut] | None:
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
    cut: list[Cut] = [pair if pair[0] in side else pair[::-1] for pair in pairs]
    return cut if generator.random() < 0.5 else cut[::-1]


def _joined(
    first: RWMol,
    second: RWMol,
    cuts: tuple[list[Cut], list[Cut]],
    orders: list[BondType],
) -> RWMol | None:
    """One part of each of two molecules, joined at their cuts.

    Args:
        first: the one molecule.
        second: the other.
        cuts: of each molecule.
        orders: of the new bonds, which join the kept atoms of the cuts in order.
    """
    shift = first.GetNumAtoms()
    both = RWMol(Chem.CombineMols(first, second))
    for mol_cuts, start in zip(cuts, (0, shift), strict=True):
        for kept, cut in mol_cuts:
            if cut is not None:
                both.RemoveBond(kept + start, cut + start)
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
