"""Molecules as text <-> token ids: the symbols of the training data, and merges learned on top of them.

A token is one symbol or a run of symbols that often stand together, so any sequence of tokens is a row of
symbols: of SELFIES, which a network encodes and decodes, or of SMILES, which a language model writes. Merges
are learned as byte-pair encoding learns them, with every symbol mapped to one character. Ids 0 to 3 mean
padding, start, end and unknown; tokens follow in the order they were learned.

Source: Sennrich et al. 2016 (arXiv 1508.07909), section 3.2; Krenn et al. 2020 (SELFIES, arXiv 1905.13741).
"""

import json
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import tokenizers
from tokenizers import models, trainers

from molvae.chem.notation import split_smiles, split_symbols
from molvae.errors import ModelFolderError, SettingsError, UnseenSymbolError

#: Ids below this have a meaning of their own: padding 0, start 1, end 2, unknown 3.
NUM_SPECIAL = 4
#: Symbol number i is mapped to the character with this code plus i (a private-use area of Unicode).
FIRST_CHARACTER = 0xE000
#: Ids are stored in 16 bits.
MAX_TOKENS = 2**16 - NUM_SPECIAL

IdArray = npt.NDArray[np.uint16]


class Tokenizer:
    """SELFIES <-> ids.

    Args:
        tokens: what each id above the special ones stands for: a run of symbols.
        merges: pairs of token strings in the order they are applied.
    """

    notation: ClassVar[str] = "SELFIES"

    def __init__(self, tokens: Sequence[str], merges: Sequence[tuple[str, str]]) -> None:
        if len(tokens) > MAX_TOKENS:
            raise SettingsError(f"{len(tokens)} tokens do not fit into 16 bits; use fewer merges")
        self.tokens = tuple(tokens)
        self.merges = tuple(merges)
        self.symbols = tuple(token for token in self.tokens if len(self.split(token)) == 1)
        self._character = {symbol: chr(FIRST_CHARACTER + i) for i, symbol in enumerate(self.symbols)}

    @staticmethod
    def split(molecule: str) -> list[str]:
        """The symbols of a molecule, in order."""
        return split_symbols(molecule)

    @classmethod
    def learn(cls, molecules: Iterable[str], num_merges: int, symbols: Iterable[str] = ()) -> Self:
        """A tokenizer for molecules: their symbols, sorted, and up to `num_merges` merges.

        Args:
            molecules: as text; what merges are learned on.
            num_merges: how many, at most.
            symbols: further symbols that the vocabulary is to hold.

        Raises:
            SettingsError: for a negative number of merges, or no molecule at all.

        Example:
            >>> tokenizer = Tokenizer.learn(["[C][C][O]", "[C][C][N]"], num_merges=1)
            >>> tokenizer.tokens
            ('[C]', '[N]', '[O]', '[C][C]')
        """
        if num_merges < 0:
            raise SettingsError(f'num_merges is "{num_merges}"; it must be 0 or more')
        texts = list(molecules)
        alphabet = sorted({symbol for text in texts for symbol in cls.split(text)} | set(symbols))
        if not alphabet:
            raise SettingsError("there is no molecule to build a tokenizer on")
        plain = cls(alphabet, [])
        if num_merges == 0:
            return plain
        characters = plain._character
        engine = tokenizers.Tokenizer(models.BPE())
        trainer = trainers.BpeTrainer(
            vocab_size=len(alphabet) + num_merges,
            initial_alphabet=list(characters.values()),
            show_progress=False,
            special_tokens=[],
        )
        engine.train_from_iterator((plain._to_characters(text) for text in texts), trainer=trainer)
        vocabulary = engine.get_vocab()
        spelled = {character: symbol for symbol, character in characters.items()}

        def spell(word: str) -> str:
            return "".join(spelled[character] for character in word)

        merged = sorted((w for w in vocabulary if len(w) > 1), key=lambda word: vocabulary[word])
        merges = [(spell(a), spell(b)) for a, b in _merges_of(engine)]
        return cls([*alphabet, *(spell(word) for word in merged)], merges)

    def extended(self, symbols: Iterable[str]) -> Self:
        """This tokenizer with more symbols: they get new ids at the end, and every old id stays."""
        fresh = sorted(set(symbols) - set(self.symbols))
        return type(self)([*self.tokens, *fresh], self.merges)

    @property
    def vocab_size(self) -> int:
        """How many ids there are, special ones included."""
        return NUM_SPECIAL + len(self.tokens)

    def to_ids(self, molecule: str) -> IdArray:
        """Token ids `(T,)` of one molecule.

        Raises:
            UnseenSymbolError: for a symbol that is not in the vocabulary.
        """
        return self.to_ids_batch([molecule])[0]

    def to_ids_batch(self, molecules: Sequence[str]) -> list[IdArray]:
        """Token ids of many molecules, in order.

        Raises:
            UnseenSymbolError: for a symbol that is not in the vocabulary.
        """
        words = [self._to_characters(text) for text in molecules]
        encodings = self._engine.encode_batch(words, add_special_tokens=False)
        return [self._id_of_rank[np.array(encoding.ids, dtype=np.int64)] for encoding in encodings]

    def to_text(self, ids: Iterable[int]) -> str:
        """The text that ids stand for; special ids say nothing."""
        return "".join(self.tokens[i - NUM_SPECIAL] for i in ids if i >= NUM_SPECIAL)

    def unseen_symbols(self, molecule: str) -> list[str]:
        """The symbols of one molecule that are not in the vocabulary, in order, each once."""
        return [s for s in dict.fromkeys(self.split(molecule)) if s not in self._character]

    def to_json(self) -> dict[str, Any]:
        """Everything needed to build this tokenizer again, as JSON values."""
        return {"tokens": list(self.tokens), "merges": [list(pair) for pair in self.merges]}

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """The tokenizer that `to_json` described.

        Raises:
            ModelFolderError: if the value has another form, or merges what is no token.
        """
        try:
            tokens = [str(token) for token in value["tokens"]]
            merges = [(str(first), str(second)) for first, second in value["merges"]]
            symbols = {symbol for token in tokens for symbol in cls.split(token)}
        except (TypeError, KeyError, ValueError) as error:
            raise ModelFolderError(
                "the tokenizer lacks its tokens or merges; take it from a backup"
            ) from error
        known = set(tokens)
        if len(known) != len(tokens) or "" in known or not symbols <= known:
            raise ModelFolderError(
                f"the tokenizer's tokens are no {cls.notation} vocabulary; take it from a backup"
            )
        if any({a, b, a + b} - known for a, b in merges):
            raise ModelFolderError("the tokenizer's merges do not fit its tokens; take it from a backup")
        return cls(tokens, merges)

    def _to_characters(self, molecule: str) -> str:
        try:
            return "".join([self._character[symbol] for symbol in self.split(molecule)])
        except KeyError as error:
            symbol = error.args[0]
            raise UnseenSymbolError(
                f'the {self.notation} symbol "{symbol}" never occurred in the training data, so this '
                "molecule cannot be encoded; train on data that holds it"
            ) from None

    @cached_property
    def _engine(self) -> tokenizers.Tokenizer:
        """The library's tokenizer. Its own ids number symbols first and merges after them."""

        def shorten(token: str) -> str:
            return "".join(self._character[symbol] for symbol in self.split(token))

        ranked = sorted(self.tokens, key=lambda token: token not in self._character)
        vocabulary = {shorten(token): rank for rank, token in enumerate(ranked)}
        merges = [(shorten(first), shorten(second)) for first, second in self.merges]
        return tokenizers.Tokenizer(models.BPE(vocab=vocabulary, merges=merges))

    @cached_property
    def _id_of_rank(self) -> IdArray:
        ranked = sorted(range(len(self.tokens)), key=lambda index: self.tokens[index] not in self._character)
        return np.array(ranked, dtype=np.uint16) + np.uint16(NUM_SPECIAL)


class SmilesTokenizer(Tokenizer):
    """SMILES <-> ids."""

    notation = "SMILES"

    @staticmethod
    def split(molecule: str) -> list[str]:
        """The symbols of a molecule, in order."""
        return split_smiles(molecule)


def _merges_of(engine: tokenizers.Tokenizer) -> list[tuple[str, str]]:
    """The merges that the library learned, in the order it applies them."""
    merges = json.loads(engine.to_str())["model"]["merges"]
    return [(first, second) for first, second in merges]
