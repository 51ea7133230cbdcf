"""A molecule in, whether it passes the rules of MOSES for what a medicinal chemist would look at out.

`moses_filters.csv` holds the benchmark's substructures: 22 medicinal chemistry filters (MCF) and 480 PAINS.
The catalog of PAINS inside RDKit is a later edition and judges 5 molecules in 10,000 differently, so it would
not give the published figures.

Source: Polykovskiy et al., Front. Pharmacol. 11 (2020) 565644 ("MOSES"), whose package `molsets` 0.3.1 (MIT)
has both tables; Baell and Holloway, J. Med. Chem. 53 (2010) 2719 (PAINS). `scripts/build_filter_rules.py`
rebuilds the file, and `data/README.md` has its licence.
"""

import csv
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from rdkit import Chem, DataStructs

FILTERS_FILE = "moses_filters.csv"
ALLOWED_ELEMENTS = frozenset({"H", "C", "N", "O", "S", "F", "Cl", "Br"})
# A ring of so many atoms or more is refused.
SMALLEST_REFUSED_RING = 8
_SCREEN_BITS = 2048


def passes_filters(mol: Chem.Mol) -> bool:
    """Returns whether MOSES would have kept the molecule: plain enough, and without any of its substructures.

    Plain means no charged atom, no ring of 8 or more atoms, and only H, C, N, O, S, F, Cl and Br.

    Example:
        >>> passes_filters(Chem.MolFromSmiles("CC(=O)Nc1ccc(O)cc1"))
        True
        >>> passes_filters(Chem.MolFromSmiles("CC=O"))
        False
    """
    return is_plain(mol) and not matched_filters(mol)


def is_plain(mol: Chem.Mol) -> bool:
    """Returns whether there is an atom, and none charged, of another element, or in a ring of 8 or more."""
    atoms = list(mol.GetAtoms())
    if any(len(ring) >= SMALLEST_REFUSED_RING for ring in mol.GetRingInfo().AtomRings()):
        return False
    return bool(atoms) and not any(
        atom.GetFormalCharge() or atom.GetSymbol() not in ALLOWED_ELEMENTS for atom in atoms
    )


def matched_filters(mol: Chem.Mol) -> list[str]:
    """Returns the names of the substructures that the molecule holds, in the order of the table.

    Example:
        >>> matched_filters(Chem.MolFromSmiles("CC=O"))
        ['MCF7']
    """
    rules = _load_rules()
    with_hydrogens = Chem.AddHs(mol)  # some of the substructures name hydrogens
    possible = ~(rules.screens & ~_screen(with_hydrogens)).any(axis=1)
    return [
        rules.names[index]
        for index in np.flatnonzero(possible)
        if with_hydrogens.HasSubstructMatch(rules.queries[index])
    ]


class _Rules(NamedTuple):
    """The substructures, `R` of them, and the screen of each, bytes `(R, _SCREEN_BITS / 8)`."""

    names: list[str]
    queries: list[Chem.Mol]
    screens: npt.NDArray[np.uint8]


def _screen(mol: Chem.Mol) -> npt.NDArray[np.uint8]:
    """Bits of which a molecule has all that a part of it has: most searches need not be made."""
    pattern = Chem.PatternFingerprint(mol, _SCREEN_BITS)
    return np.frombuffer(DataStructs.BitVectToBinaryText(pattern), dtype=np.uint8)


@lru_cache(maxsize=1)
def _load_rules() -> _Rules:
    with files("molvae.chem").joinpath(FILTERS_FILE).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    queries = [Chem.MolFromSmarts(row["smarts"]) for row in rows]
    return _Rules([row["name"] for row in rows], queries, np.stack([_screen(query) for query in queries]))
