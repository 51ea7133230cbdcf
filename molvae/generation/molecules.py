"""SMILES <-> token ids: the chemistry on both sides of a network, as its training data was treated."""

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from molvae.chem.molecules import quotable
from molvae.data.bulk import CHUNK_SIZE, screen_chunks
from molvae.data.dataset import IndexArray, TokenArrays
from molvae.data.screening import CurationSettings
from molvae.data.tokenizer import IdArray, Tokenizer
from molvae.errors import MoleculeError, UnseenSymbolError

#: What is said of a molecule that can't be read, by the ledger's reason.
_REMEDY = {
    "empty": "it is empty",
    "unparseable": "it can't be parsed",
    "element": "it holds an element that the model was not made for",
    "too long": "it is too long for the model",
    "selfies": "SELFIES can't hold it",
    "round trip": "SELFIES turns it into another molecule",
}


class Refusal(NamedTuple):
    """A molecule that a model can't read: its place among those given (from 0), its text, and why."""

    place: int
    smiles: str
    reason: str
    detail: str


class Readable(NamedTuple):
    """What a model can read of a list of SMILES.

    Attributes:
        smiles: canonical SMILES of the `K` molecules that it can.
        places: `(K,)`, where each stood in the list.
        arrays: their token ids.
        refused: those that it can't.
    """

    smiles: list[str]
    places: IndexArray
    arrays: TokenArrays
    refused: list[Refusal]


class _Part(NamedTuple):
    """Some of the texts, as `screen_chunks` takes them."""

    smiles: list[str]


def read_molecules(smiles: Sequence[str], tokenizer: Tokenizer, settings: CurationSettings) -> Readable:
    """Standardises, canonicalises and tokenizes SMILES, and says which can't be."""
    kept: list[str] = []
    places: list[int] = []
    ids: list[IdArray] = []
    refused: list[Refusal] = []
    texts = [str(text) if isinstance(text, str) else "" for text in smiles]  # a missing cell is no text
    parts = (_Part(texts[at : at + CHUNK_SIZE]) for at in range(0, len(texts), CHUNK_SIZE))
    screened_parts = (screened for _, screened in screen_chunks(parts, settings))
    for place, screened in enumerate(chain.from_iterable(screened_parts)):
        if screened.reason:
            refused.append(Refusal(place, texts[place], screened.reason, screened.detail))
            continue
        try:
            ids.append(tokenizer.to_ids(screened.selfies))
        except UnseenSymbolError as error:
            refused.append(Refusal(place, texts[place], "unseen symbol", str(error)))
            continue
        kept.append(screened.smiles)
        places.append(place)
    return Readable(kept, np.array(places, dtype=np.int64), TokenArrays.of(ids), refused)


def refusal_error(refusal: Refusal) -> MoleculeError:
    """The error for a single molecule that a model can't read."""
    text = f'"{quotable(refusal.smiles)}" (molecule {refusal.place + 1}) cannot be encoded'
    if refusal.reason == "unseen symbol":
        return UnseenSymbolError(f"{text}: {refusal.detail}")
    cause = _REMEDY[refusal.reason]
    detail = f" ({refusal.detail})" if refusal.detail else ""
    return MoleculeError(f"{text}: {cause}{detail}")
