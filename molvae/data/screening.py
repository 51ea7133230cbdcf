"""One text in, one molecule or the reason for dropping it out: what the worker processes run.

This module and what it imports stay small (RDKit and selfies, no torch, NumPy tables or pyarrow):
each worker process loads it.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rdkit import Chem

from molvae.chem.molecules import MAX_SMILES_LENGTH, silenced_rdkit, standardize, unreadable_reason
from molvae.chem.notation import RoundTripError, canonical_pair, decode_raw, smiles_to_selfies
from molvae.errors import MoleculeError, SettingsError

#: Texts of a chunk that say whether the chunk's are canonical.
NUM_PROBED = 16
DEFAULT_ELEMENTS = ("H", "B", "C", "N", "O", "F", "Si", "P", "S", "Cl", "Se", "Br", "I")


@dataclass(frozen=True, kw_only=True)
class CurationSettings:
    """What a molecule must be like to be kept.

    Raises:
        SettingsError: a value is out of its range, or an element doesn't exist.
    """

    neutralize: bool = field(
        default=False, metadata={"help": "take away charges that a proton more or less takes away"}
    )
    elements: tuple[str, ...] = field(
        default=DEFAULT_ELEMENTS, metadata={"help": "chemical elements that a molecule may contain"}
    )
    max_symbols: int = field(default=128, metadata={"help": "most SELFIES symbols of a molecule"})
    max_smiles_length: int = field(
        default=1000, metadata={"help": "most characters of a SMILES that is read"}
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "elements", tuple(self.elements))
        if not self.elements:
            raise SettingsError("elements is empty: name at least one chemical element")
        for element in self.elements:
            if _atomic_number(element) < 1:
                raise SettingsError(f'elements holds "{element}", which is no chemical element')
        if not 1 <= self.max_symbols <= 10_000:
            raise SettingsError(f'max_symbols is "{self.max_symbols}": give a number from 1 to 10000')
        if not 1 <= self.max_smiles_length <= MAX_SMILES_LENGTH:
            given = f'max_smiles_length is "{self.max_smiles_length}"'
            raise SettingsError(f"{given}: give a number from 1 to {MAX_SMILES_LENGTH}")


def _atomic_number(element: str) -> int:
    with silenced_rdkit():
        try:
            return int(Chem.GetPeriodicTable().GetAtomicNumber(element))
        except RuntimeError:
            return 0


class Screened(NamedTuple):
    """What became of one text.

    Attributes:
        reason: why the molecule is dropped, "" if it is kept.
        detail: more about the reason, e.g. the elements, separated by spaces, for "element".
        smiles: canonical SMILES; of a molecule that is "too long" in symbols too, otherwise "".
        selfies: its SELFIES, "" with `smiles`.
        num_symbols: how many symbols that has.
    """

    reason: str
    detail: str = ""
    smiles: str = ""
    selfies: str = ""
    num_symbols: int = 0


def screen_texts(texts: Sequence[str], settings: CurationSettings) -> list[Screened]:
    """What becomes of each text. A text is a SMILES, perhaps with a name behind it."""
    foreign = _foreign_atom(settings.elements)
    with silenced_rdkit():
        is_worth_it = not settings.neutralize and _are_mostly_canonical(texts, settings.max_smiles_length)
        found = _as_they_stand(texts, settings, foreign) if is_worth_it else {}
        read = [found[text] if text in found else _read(text, settings, foreign) for text in texts]
        written = iter(_write([smiles for smiles in read if isinstance(smiles, str)], settings.max_symbols))
        return [next(written) if isinstance(smiles, str) else smiles for smiles in read]


def _are_mostly_canonical(texts: Sequence[str], max_length: int) -> bool:
    """Whether three of four texts, going by a few of them, are just what RDKit would write."""
    some = texts[:: max(1, len(texts) // NUM_PROBED)]
    mols = [Chem.MolFromSmiles(text) if _is_plain(text, max_length) else None for text in some]
    num_canonical = sum(
        mol is not None and Chem.MolToSmiles(mol) == text for mol, text in zip(mols, some, strict=True)
    )
    return 4 * num_canonical >= 3 * len(some)


def _as_they_stand(
    texts: Sequence[str], settings: CurationSettings, foreign: Chem.Mol
) -> dict[str, Screened]:
    """The texts that are canonical SMILES already, and nothing against them, by text: a quicker way.

    Such a text goes to SELFIES unread. If RDKit writes just this text of what comes back, then that is what
    reading and writing it first would have led to; of all others nothing is said here.
    """
    plain = [text for text in texts if _is_plain(text, settings.max_smiles_length)]
    return {
        text: _fitted(text, selfies, settings.max_symbols)
        for text, (selfies, mol, after) in zip(plain, _there_and_back(plain), strict=True)
        if mol is not None and text == after and not mol.HasSubstructMatch(foreign)
    }


def _is_plain(text: str, max_length: int) -> bool:
    """Whether a text may be a canonical SMILES of one molecule, and nothing else."""
    return 0 < len(text) <= max_length and text.isascii() and text.isprintable() and not set(" .") & set(text)


@functools.cache
def _foreign_atom(elements: tuple[str, ...]) -> Chem.Mol:
    """A query that matches an atom of any other element, wildcards too."""
    return Chem.MolFromSmarts("[" + ";".join(f"!#{_atomic_number(element)}" for element in elements) + "]")


def _read(text: str, settings: CurationSettings, foreign: Chem.Mol) -> str | Screened:
    """The first half of the way: the canonical SMILES of what the text holds, or why there is none."""
    words = text.split(None, 1)
    if not words:
        return Screened("empty")
    smiles = words[0]
    if len(smiles) > settings.max_smiles_length:
        return Screened("too long", f"{len(smiles)} characters, at most {settings.max_smiles_length}")
    mol = Chem.MolFromSmiles(smiles) if smiles.isascii() and smiles.isprintable() else None
    if mol is None:
        return Screened("unparseable", unreadable_reason(smiles))
    if "." in smiles or settings.neutralize:
        mol = standardize(mol, settings.neutralize)
    if mol.HasSubstructMatch(foreign):
        matches = mol.GetSubstructMatches(foreign, maxMatches=10_000)
        found = {mol.GetAtomWithIdx(index).GetSymbol() for (index,) in matches}
        return Screened("element", " ".join(sorted(found)))
    return str(Chem.MolToSmiles(mol))


def _write(smiles: Sequence[str], max_symbols: int) -> list[Screened]:
    """The second half of the way: each canonical SMILES to SELFIES and back."""
    return [
        _fitted(before, selfies, max_symbols) if before == after else _second_look(before, max_symbols)
        for before, (selfies, _, after) in zip(smiles, _there_and_back(smiles), strict=True)
    ]


def _there_and_back(smiles: Sequence[str]) -> list[tuple[str, Chem.Mol | None, str]]:
    """The SELFIES of each SMILES, the molecule that this decodes to, and its canonical SMILES, "" for none.

    One stage after another over all molecules: taking each molecule through all stages costs a fifth
    more time, as RDKit and selfies then push each other out of the processor's caches.
    """
    encoded = [_or_empty(smiles_to_selfies, one) for one in smiles]
    decoded = [_or_empty(decode_raw, one) for one in encoded]
    mols = [Chem.MolFromSmiles(one) for one in decoded]
    canonical = ["" if mol is None else str(Chem.MolToSmiles(mol)) for mol in mols]
    return list(zip(encoded, mols, canonical, strict=True))


def _or_empty(function: Callable[[str], str], text: str) -> str:
    try:
        return function(text)
    except MoleculeError:
        return ""


def _fitted(smiles: str, selfies: str, max_symbols: int) -> Screened:
    num_symbols = selfies.count("[")
    if num_symbols > max_symbols:
        detail = f"{num_symbols} symbols, at most {max_symbols}"
        return Screened("too long", detail, smiles, selfies, num_symbols)
    return Screened("", "", smiles, selfies, num_symbols)


def _second_look(smiles: str, max_symbols: int) -> Screened:
    """A molecule that was not the same after the way there and back: what is wrong, if anything."""
    try:
        smiles, selfies = canonical_pair(smiles)
    except RoundTripError as error:
        return Screened("round trip", str(error))
    except MoleculeError as error:
        return Screened("selfies", str(error))
    return _fitted(smiles, selfies, max_symbols)
