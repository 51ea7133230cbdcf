"""What writes molecules unprompted, as text, for `language_model_prior` to encode.

A network that writes SELFIES has to count symbols, as a ring says how many symbols ago it began; half of what
it writes is not what it means, and shows it by not being canonical. SMILES pairs two equal digits, so a
language model that is fitted to be a prior writes SMILES, and a slip is one that RDKit can't read.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, Self

import torch
from torch import Tensor

from molvae.data.bulk import CHUNK_SIZE
from molvae.data.dataset import TokenArrays
from molvae.data.screening import CurationSettings
from molvae.data.tokenizer import SmilesTokenizer, Tokenizer
from molvae.data.workers import WorkerPool
from molvae.errors import ModelFolderError
from molvae.generation.decoding import to_texts
from molvae.generation.tensors import load_weights
from molvae.generation.told_properties import ToldProperties
from molvae.models.autoencoder import Autoencoder
from molvae.models.language_model import LanguageModel


class Reading(NamedTuple):
    """What a draft was read as; both "" where it is thrown away.

    Attributes:
        selfies: as `canonical_pair` writes the molecule.
        smiles: canonical.
    """

    selfies: str = ""
    smiles: str = ""


class Writer(Protocol):
    """What writes molecules, and knows how they are to be read."""

    def drafts(self, num_molecules: int, generator: torch.Generator) -> list[str]:
        """What comes of writing so many, in order; what has not ended is left out."""
        ...

    def read(self, pool: WorkerPool, batches: Iterator[list[str]]) -> Iterator[list[Reading]]:
        """What each draft of each batch was read as."""
        ...


class UnpromptedDecoder:
    """A decoder that is told noise levels, and shown nothing but noise.

    What it writes in another way than the molecules it has seen, which are all canonical, is a slip of its
    grammar: SELFIES would make some molecule of that too, and mostly an odd one. It is thrown away.

    Args:
        network: its decoder is told levels.
        tokenizer: SELFIES <-> ids.
        max_length: the most tokens a molecule may have.
    """

    def __init__(self, network: Autoencoder, tokenizer: Tokenizer, max_length: int) -> None:
        self.network = network
        self.tokenizer = tokenizer
        self.max_length = max_length

    def drafts(self, num_molecules: int, generator: torch.Generator) -> list[str]:
        """As `Writer.drafts`."""
        ids, lengths = self.network.decoder.generate(
            torch.randn(num_molecules, self.network.settings.latent_dim, generator=generator),
            max_length=self.max_length,
            temperature=1.0,
            generator=generator,
            levels=torch.ones(num_molecules),
        )
        return _ended(ids, lengths, self.tokenizer, self.max_length)

    def read(self, pool: WorkerPool, batches: Iterator[list[str]]) -> Iterator[list[Reading]]:
        """As `Writer.read`."""
        for pairs in pool.stream("canonical", batches):
            yield [Reading(*pair) for pair in pairs]


@dataclass(frozen=True)
class SmilesLanguageModel:
    """A network that writes SMILES, its tokens, and what it may be told of a molecule.

    Attributes:
        network: in evaluation mode.
        tokenizer: SMILES <-> ids.
        max_length: the most tokens a molecule may have.
        properties: those that it may be told; None for none.
    """

    network: LanguageModel
    tokenizer: SmilesTokenizer
    max_length: int
    properties: ToldProperties | None = None

    def tokens_of(self, smiles: Sequence[str]) -> TokenArrays:
        """The tokens of canonical SMILES.

        Raises:
            UnseenSymbolError: for a symbol that the tokenizer has not.
        """
        chunks = (smiles[start : start + CHUNK_SIZE] for start in range(0, len(smiles), CHUNK_SIZE))
        return TokenArrays.of(ids for chunk in chunks for ids in self.tokenizer.to_ids_batch(chunk))

    def can_be_told(self, names: Iterable[str]) -> bool:
        """Whether one of these properties is among those that it may be told."""
        return self.properties is not None and not set(self.properties.names).isdisjoint(names)

    def to_json(self) -> dict[str, Any]:
        """All but the network's weights, as JSON values."""
        told = {} if self.properties is None else {"properties": self.properties.to_json()}
        return {"tokenizer": self.tokenizer.to_json(), "max_length": self.max_length, **told}

    @classmethod
    def from_state(cls, state: dict[str, Tensor], facts: dict[str, Any]) -> Self:
        """The language model whose weights and `to_json` these are.

        Raises:
            ModelFolderError: they are those of something else.
        """
        try:
            network = LanguageModel.sized_as(state)
            tokenizer, max_length = SmilesTokenizer.from_json(facts["tokenizer"]), int(facts["max_length"])
            told = facts.get("properties")
            properties = None if told is None else ToldProperties.from_json(told)
        except KeyError as error:
            raise ModelFolderError(
                "the weights are not those of a language model of SMILES; fit it again"
            ) from error
        load_weights(network, state)
        if network.vocab_size != tokenizer.vocab_size:
            raise ModelFolderError(
                f"the language model is of {network.vocab_size} tokens, its tokenizer has "
                f"{tokenizer.vocab_size}; take it from a backup"
            )
        return cls(network.eval().requires_grad_(False), tokenizer, max_length, properties)


class SmilesWriter:
    """A language model of SMILES as a writer: what RDKit can't read is thrown away.

    Args:
        language_model: what writes.
        curation: what a molecule must be like, and how it is treated.
        wanted: values of properties that it is told, by name; those that it can't be told are passed over.
    """

    def __init__(
        self,
        language_model: SmilesLanguageModel,
        curation: CurationSettings,
        wanted: Mapping[str, float] | None = None,
    ) -> None:
        self.language_model = language_model
        self.curation = curation
        properties = language_model.properties
        self._told = (
            None if properties is None else torch.from_numpy(properties.request(wanted or {})).float()
        )

    def drafts(self, num_molecules: int, generator: torch.Generator) -> list[str]:
        """As `Writer.drafts`."""
        model = self.language_model
        ids, lengths = model.network.write(num_molecules, model.max_length, generator, self._told)
        return _ended(ids, lengths, model.tokenizer, model.max_length)

    def read(self, pool: WorkerPool, batches: Iterator[list[str]]) -> Iterator[list[Reading]]:
        """As `Writer.read`."""
        for screened in pool.stream("screen", batches, self.curation):
            yield [Reading() if one.reason else Reading(one.selfies, one.smiles) for one in screened]


def _ended(ids: Tensor, lengths: Tensor, tokenizer: Tokenizer, max_length: int) -> list[str]:
    """The texts of those of generated ids `(B, T)` that have come to an end."""
    ended = (lengths > 0) & (lengths <= max_length)
    return to_texts(ids[ended].numpy(), lengths[ended].numpy(), tokenizer)
