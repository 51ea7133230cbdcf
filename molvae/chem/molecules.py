"""SMILES in, RDKit molecules and canonical SMILES out.

Everything that goes wrong with one molecule is a `MoleculeError` of one line. RDKit writes its own
complaints to the terminal; `silenced_rdkit` keeps them out of it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from rdkit import Chem, rdBase
from rdkit.Chem import rdMolDescriptors
from rdkit.Chem.MolStandardize import rdMolStandardize
from rdkit.Chem.Scaffolds import MurckoScaffold

from molvae.errors import MoleculeError

# Longest SMILES handed to RDKit, in characters; its recursive algorithms overflow the stack far beyond.
MAX_SMILES_LENGTH = 10_000

# Longest piece of a user's text quoted in a message or a ledger, in characters.
MAX_QUOTED_LENGTH = 200


@contextmanager
def silenced_rdkit() -> Iterator[None]:
    """A context manager that keeps RDKit's messages off the terminal; contexts may nest.

    >>> with silenced_rdkit():
    ...     Chem.MolFromSmiles("C1CC") is None
    True
    """
    with rdBase.BlockLogs():
        yield


def quotable(text: str, limit: int = MAX_QUOTED_LENGTH) -> str:
    r"""The text on one line: control characters made visible, and shortened past `limit` characters.

    >>> quotable("CC\x00O")
    'CC\\x00O'
    """
    if len(text) > limit:
        text = text[: limit - 3] + "..."
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def parse_smiles(text: str) -> Chem.Mol:
    """The molecule that a SMILES describes; spaces around the text are ignored.

    Raises:
        MoleculeError: the text is empty, over-long, holds a character that SMILES don't have, is not
            SMILES syntax, or describes a molecule that can't exist (a valence, a ring).

    >>> parse_smiles("OCC").GetNumAtoms()
    3
    """
    stripped = text.strip()
    reason = _unfit_text(stripped)
    if reason is None:
        with silenced_rdkit():
            mol = Chem.MolFromSmiles(stripped)
            if mol is not None:
                return mol
            reason = _chemistry_problem(stripped)
    raise MoleculeError(f'can\'t read the SMILES "{quotable(text)}": {reason}')


def unreadable_reason(smiles: str) -> str:
    """Why RDKit refuses a SMILES, in a few words; meant for text that `Chem.MolFromSmiles` refused."""
    return _unfit_text(smiles) or _chemistry_problem(smiles)


def _unfit_text(text: str) -> str | None:
    """Why a text is not worth RDKit's time, or None."""
    if not text:
        return "it is empty"
    if len(text) > MAX_SMILES_LENGTH:
        return f"it has {len(text):,} characters, at most {MAX_SMILES_LENGTH:,} are read"
    if text.isascii() and text.isprintable() and " " not in text:
        return None
    position = next(i for i, char in enumerate(text) if not ("!" <= char <= "~"))
    char = text[position]
    name = "a space" if char == " " else f'the character "{quotable(char)}" (U+{ord(char):04X})'
    return f"{name} at position {position + 1} does not belong in a SMILES"


def _chemistry_problem(smiles: str) -> str:
    """RDKit's first objection to a SMILES that it refuses."""
    with silenced_rdkit():
        mol = Chem.MolFromSmiles(smiles, sanitize=False)
        if mol is None:
            return "it is not SMILES syntax"
        problems = Chem.DetectChemistryProblems(mol)
    if not problems:
        return "RDKit can't make sense of it"
    return " ".join(str(problems[0].Message()).split())


def canonicalize(smiles: str) -> str:
    """RDKit's canonical isomeric SMILES of a SMILES.

    Raises:
        MoleculeError: the SMILES can't be read.

    >>> canonicalize("C(C)O")
    'CCO'
    """
    return str(Chem.MolToSmiles(parse_smiles(smiles)))


def canonical_or_empty(text: str) -> str:
    """Canonical SMILES, or "" for a text that is no molecule.

    >>> canonical_or_empty("C(C)O"), canonical_or_empty("C(C")
    ('CCO', '')
    """
    try:
        return canonicalize(text) if text else ""
    except MoleculeError:
        return ""


def standardize(mol: Chem.Mol, neutralize: bool = False) -> Chem.Mol:
    """The part of a molecule worth keeping: its largest fragment, and with `neutralize` uncharged.

    The largest fragment has the most heavy atoms; then the highest mass decides, then the alphabet, so
    that the order in which fragments were written doesn't matter. Charges that can't be
    taken away by adding or removing a proton, as in a quaternary ammonium, stay.

    >>> Chem.MolToSmiles(standardize(Chem.MolFromSmiles("[Na+].CC(=O)[O-]"), neutralize=True))
    'CC(=O)O'
    """
    fragments = Chem.GetMolFrags(mol, asMols=True)
    if len(fragments) > 1:
        mol = max(fragments, key=_fragment_size)
    if neutralize and any(atom.GetFormalCharge() for atom in mol.GetAtoms()):
        with silenced_rdkit():
            mol = rdMolStandardize.Uncharger().uncharge(mol)
    return mol


def _fragment_size(mol: Chem.Mol) -> tuple[int, float, str]:
    mass = rdMolDescriptors.CalcExactMolWt(mol)
    return mol.GetNumHeavyAtoms(), round(mass, 6), Chem.MolToSmiles(mol)


def murcko_scaffold(smiles: str) -> str:
    """Canonical SMILES of the Bemis-Murcko scaffold: rings and what links them; "" without a ring.

    Raises:
        MoleculeError: the SMILES can't be read.

    Source: Bemis and Murcko, J. Med. Chem. 1996, 39, 2887; chirality is dropped.

    >>> murcko_scaffold("CCc1ccccc1")
    'c1ccccc1'
    """
    scaffold = MurckoScaffold.GetScaffoldForMol(parse_smiles(smiles))
    return str(Chem.MolToSmiles(scaffold, isomericSmiles=False))
