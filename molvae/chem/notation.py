"""SMILES to SELFIES and back, under constraints that are pinned here and nowhere else.

The constraints say how many bonds an atom may have, and so what a string of symbols decodes to. The
selfies library keeps one set of them for the whole process. Every function here first makes sure
that the set in force is the one chosen through this module; a model folder stores `constraints_in_force()`.

Source: Krenn et al., Machine Learning: Science and Technology 2020, 1, 045024; Lo et al., Digital
Discovery 2023, 2, 897.
"""

import contextlib
import random
import re
import zlib
from collections.abc import Mapping

import selfies
from rdkit import Chem

from molvae.chem.molecules import parse_smiles, quotable, silenced_rdkit
from molvae.errors import MoleculeError, SettingsError

# Most bonds of an atom, hydrogens included; "N+1" is a nitrogen of charge +1, "?" everything not named.
# The numbers of the selfies preset "default", and, where that leaves an element or charge to "?", what
# RDKit accepts at most: so a string of these symbols always decodes to a molecule that RDKit reads.
CONSTRAINTS: dict[str, int] = {
    "H": 1, "H+1": 0, "H-1": 0,
    "F": 1, "F-1": 0, "Cl": 1, "Cl-1": 0, "Br": 1, "Br-1": 0, "I": 1, "I-1": 0,
    "Cl+1": 2, "Cl+2": 5, "Cl+3": 4, "Br+1": 2, "Br+2": 5, "Br+3": 4, "I+1": 2, "I+2": 5, "I+3": 4,
    "B": 3, "B+1": 2, "B-1": 4,
    "O": 2, "O+1": 3, "O-1": 1, "O+2": 4, "O-2": 0,
    "N": 3, "N+1": 4, "N-1": 2, "N+2": 3, "N-2": 1,
    "C": 4, "C+1": 3, "C-1": 3, "C+2": 2, "C-2": 2,
    "Si": 4, "Si+1": 3, "Si-1": 5,
    "P": 5, "P+1": 4, "P-1": 6, "P+2": 3, "P-2": 3,
    "S": 6, "S+1": 5, "S-1": 5, "S+2": 4, "S-2": 4,
    "Se": 6, "Se+1": 5, "Se-1": 5, "Se+2": 4, "Se-2": 4,
    "As": 5, "As+1": 4, "As-1": 6,
    "?": 8,
}  # fmt: skip

#: A symbol of SMILES: an atom in brackets, one of two letters, a ring number of two digits, or a character.
_SMILES_SYMBOL = re.compile(r"\[[^\[\]]*\]|Br|Cl|%\d\d|.", re.DOTALL)

_chosen: dict[str, int] = dict(CONSTRAINTS)


def set_constraints(constraints: Mapping[str, int]) -> None:
    """Puts another set of constraints in force, for the whole process.

    Raises:
        SettingsError: the selfies library refuses the set.
    """
    try:
        selfies.set_semantic_constraints(dict(constraints))
    except ValueError as error:
        raise SettingsError(f"these SELFIES constraints can't be used: {error}") from error
    _chosen.clear()
    _chosen.update(constraints)


def constraints_in_force() -> dict[str, int]:
    """The constraints under which this module encodes and decodes, as a plain dict that JSON can hold.

    >>> constraints_in_force()["N+1"]
    4
    """
    return dict(_chosen)


def smiles_to_selfies(smiles: str) -> str:
    """The SELFIES of a SMILES, atom order kept: canonicalize first where one string a molecule is wanted.

    Raises:
        MoleculeError: the molecule can't be written in SELFIES, as with a wildcard atom.

    >>> smiles_to_selfies("CC=O")
    '[C][C][=O]'
    """
    _enforce()
    try:
        return str(selfies.encoder(smiles))
    except (selfies.EncoderError, RecursionError, IndexError) as error:
        raise MoleculeError(f'SELFIES can\'t hold "{quotable(smiles)}": {_reason(error)}') from error


def selfies_to_smiles(text: str) -> str:
    """Canonical SMILES of a SELFIES, or "" where it stands for no molecule.

    A string of symbols that all mean something nearly always stands for a molecule. The exceptions are
    the empty string, one without an atom, and symbols of elements or charges outside the constraints.

    Raises:
        MoleculeError: a symbol means nothing, or a bracket is left open.

    >>> selfies_to_smiles("[C][C][=O]")
    'CC=O'
    """
    raw = decode_raw(text)
    with silenced_rdkit():
        mol = Chem.MolFromSmiles(raw)
    return "" if mol is None else str(Chem.MolToSmiles(mol))


def decode_raw(text: str) -> str:
    """The SMILES that the selfies library makes of a SELFIES: kekulized, unchecked, not canonical.

    Raises:
        MoleculeError: a symbol means nothing, or a bracket is left open.
    """
    _enforce()
    try:
        return str(selfies.decoder(text))
    except (selfies.DecoderError, RecursionError) as error:
        raise MoleculeError(f'can\'t read the SELFIES "{quotable(text)}": {_reason(error)}') from error


def is_faithful(text: str) -> bool:
    """Whether a SELFIES says what it means: every symbol is used, and none is read as another.

    Any row of symbols decodes, as what can't be meant is repaired: a bond that an atom has no room for is
    weakened or dropped, symbols after the last free valence are skipped. So the SMILES that it decodes to
    is encoded again, atoms in the same order, and must give the same row of symbols. What `canonical_pair`
    makes of molecules always does.

    >>> is_faithful("[C][C][=O]"), is_faithful("[C][F][C]"), is_faithful("[C][#F]")
    (True, False, False)
    """
    try:
        return bool(text) and smiles_to_selfies(decode_raw(text)) == text
    except MoleculeError:
        return False


def read_canonical(text: str) -> str:
    """Canonical SMILES of a SELFIES that is just how `canonical_pair` writes that molecule; else "".

    Stricter than `is_faithful`: what says what it means may still begin at another atom than the canonical
    one. All that a model has seen is canonical, so what it writes otherwise it has not got from there.

    >>> read_canonical("[C][C][=O]"), read_canonical("[O][=C][C]")
    ('CC=O', '')
    """
    try:
        smiles = selfies_to_smiles(text)
        return smiles if smiles and smiles_to_selfies(smiles) == text else ""
    except MoleculeError:
        return ""


def split_symbols(text: str) -> list[str]:
    """The symbols of a SELFIES, in order.

    Raises:
        MoleculeError: the text is not a row of bracketed symbols.

    >>> split_symbols("[C][=C][F]")
    ['[C]', '[=C]', '[F]']
    """
    if not text:
        return []
    symbols = text[1:-1].split("][")
    if (text[0], text[-1]) != ("[", "]") or not text.count("[") == text.count("]") == len(symbols):
        raise MoleculeError(f'can\'t read the SELFIES "{quotable(text)}": it is not a row of [symbols]')
    return [f"[{symbol}]" for symbol in symbols]


def split_smiles(text: str) -> list[str]:
    """The symbols of a SMILES, in order; of any other text too, which then says nothing.

    >>> split_smiles("C[C@H](Cl)C%10")
    ['C', '[C@H]', '(', 'Cl', ')', 'C', '%10']
    """
    return _SMILES_SYMBOL.findall(text)


def canonical_pair(smiles: str) -> tuple[str, str]:
    """Canonical SMILES and SELFIES of a molecule that survives the way there and back.

    `smiles` should be canonical. A few of RDKit's canonical SMILES change when they are
    read and written once more; the string that no longer changes is returned.

    Raises:
        MoleculeError: the molecule can't be written in SELFIES, or comes back as another one.
    """
    for _ in range(3):
        text = smiles_to_selfies(smiles)
        decoded = selfies_to_smiles(text)
        if decoded == smiles:
            return smiles, text
        again = str(Chem.MolToSmiles(parse_smiles(smiles)))
        if again == smiles:
            break
        smiles = again
    raise RoundTripError(f'SELFIES turns "{quotable(smiles)}" into "{quotable(decoded)}"')


def other_writings(smiles: str, num_writings: int) -> list[str]:
    """SELFIES of one molecule that begin at other atoms than its canonical SMILES does, each different.

    Which atoms is drawn by a number made of the SMILES, so that it is the same every time.

    Args:
        smiles: canonical.
        num_writings: how many, at most: there are no more than atoms, and fewer of a symmetric molecule.

    Raises:
        MoleculeError: the SMILES can't be parsed.

    >>> other_writings("CCO", 5)
    ['[C][Branch1][C][C][O]', '[O][C][C]']
    """
    mol = parse_smiles(smiles)
    atoms = list(range(mol.GetNumAtoms()))
    random.Random(zlib.crc32(smiles.encode())).shuffle(atoms)
    found: dict[str, None] = {}
    for atom in atoms:
        if len(found) == num_writings:
            break
        written = Chem.MolToSmiles(mol, rootedAtAtom=atom)
        if written != smiles:
            with contextlib.suppress(MoleculeError):  # one writing may nest deeper than selfies goes
                found[smiles_to_selfies(written)] = None
    return list(found)


class RoundTripError(MoleculeError):
    """A molecule comes back from SELFIES as another molecule."""


def _enforce() -> None:
    """Makes sure that the constraints chosen here are the ones in force, whatever else the process did."""
    if selfies.get_semantic_constraints() != _chosen:
        selfies.set_semantic_constraints(_chosen)


def _reason(error: BaseException) -> str:
    """The gist of a selfies error, which repeats the whole string over several lines."""
    if isinstance(error, RecursionError):
        return "its branches are nested too deeply"
    if isinstance(error, IndexError):
        return "a ring of it begins and ends at the same atom"
    lines = [line.strip() for line in str(error).splitlines()]
    kept = [line for line in lines if line and not line.startswith(("SMILES:", "SELFIES:", "Errors:"))]
    return "; ".join(kept) or type(error).__name__
