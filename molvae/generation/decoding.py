"""Latents `(B, L)` -> molecules: what the decoder writes, and what RDKit and SELFIES make of it."""

from collections import deque
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from molvae.data.dataset import IndexArray
from molvae.data.tokenizer import Tokenizer
from molvae.data.workers import TaskName, WorkerPool
from molvae.generation.checks import check_from_zero, check_level, latent_rows

if TYPE_CHECKING:
    from molvae.generation.latent_model import MoleculeModel

#: Molecules that go through the decoder at once.
DECODE_BATCH = 1000
#: From so many molecules on, worker processes read what the decoder writes.
MIN_FOR_WORKERS = 3000


class Checked(NamedTuple):
    """Decoded molecules and whether each is what the decoder wrote, or what was made of it.

    Attributes:
        smiles: canonical SMILES; "" for what stands for no molecule.
        is_strict: whether the decoder ended it, every token was used, and none was read as another.
    """

    smiles: list[str]
    is_strict: list[bool]


def decode_latents(
    model: "MoleculeModel",
    latents: npt.ArrayLike,
    temperature: float,
    level: float,
    seed: int,
    known: Mapping[str, str] | None = None,
) -> list[str]:
    """What `MoleculeModel.decode` returns; errors are those of it, `known` is as for `decode_checked`."""
    rows = latent_rows(latents, model.latent_dim)
    selfies = (texts for texts, _ in _written(model, rows, temperature, level, seed))
    return [text for batch in decode_stream(selfies, len(rows), known) for text in batch]


def decode_checked(
    model: "MoleculeModel",
    latents: npt.ArrayLike,
    temperature: float,
    level: float,
    seed: int,
    slips: IndexArray | None = None,
    known: Mapping[str, str] | None = None,
) -> Checked:
    """What `MoleculeModel.decode_checked` returns; errors are those of it.

    Args:
        model: decodes.
        latents: `(B, L)`.
        temperature: as there.
        level: as there.
        seed: as there.
        slips: `(B,)`, where each is to be written otherwise than is likeliest (`GRUDecoder.generate`).
        known: canonical SMILES by SELFIES that `canonical_pair` made, which need not be read once more.
    """
    rows = latent_rows(latents, model.latent_dim)
    ended: list[bool] = []

    def selfies() -> Iterator[list[str]]:
        for texts, has_ended in _written(model, rows, temperature, level, seed, slips):
            ended.extend(has_ended)
            yield texts

    read = [pair for batch in check_stream(selfies(), len(rows), known) for pair in batch]
    strict = [is_faithful and end for (_, is_faithful), end in zip(read, ended, strict=True)]
    return Checked([text for text, _ in read], strict)


def _written(
    model: "MoleculeModel",
    rows: Tensor,
    temperature: float,
    level: float,
    seed: int,
    slips: IndexArray | None = None,
) -> Iterator[tuple[list[str], list[bool]]]:
    """Batches of what the decoder writes: SELFIES, and whether it came to an end."""
    check_from_zero("temperature", temperature)
    check_level(level, model.is_told_levels)
    check_from_zero("seed", seed)
    generator = torch.Generator().manual_seed(seed)
    for start in range(0, len(rows), DECODE_BATCH):
        latents = rows[start : start + DECODE_BATCH]
        ids, lengths = model.network.decoder.generate(
            latents,
            max_length=model.max_length,
            temperature=temperature,
            generator=generator,
            levels=torch.full((len(latents),), level),
            slips=torch.from_numpy(slips[start : start + DECODE_BATCH]) if slips is not None else None,
        )
        selfies = to_texts(ids.numpy(), lengths.numpy(), model.tokenizer)
        yield selfies, (lengths <= model.max_length).tolist()


def to_texts(
    ids: npt.NDArray[np.integer], lengths: npt.NDArray[np.integer], tokenizer: Tokenizer
) -> list[str]:
    """Texts of generated ids `(B, T)`; a molecule that had not ended is cut at `T` tokens."""
    return [
        tokenizer.to_text(row[:length]) for row, length in zip(ids.tolist(), lengths.tolist(), strict=True)
    ]


def decode_stream(
    batches: Iterator[list[str]], total: int, known: Mapping[str, str] | None = None
) -> Iterator[list[str]]:
    """Canonical SMILES of batches of SELFIES; many are decoded beside the network, in worker processes."""
    return _stream("decode", batches, total, known or {})


def check_stream(
    batches: Iterator[list[str]], total: int, known: Mapping[str, str] | None = None
) -> Iterator[list[tuple[str, bool]]]:
    """As `decode_stream`, and whether each SELFIES was read as it stands."""
    faithful = {selfies: (smiles, True) for selfies, smiles in (known or {}).items()}
    return _stream("check", batches, total, faithful)


def _stream(
    task: TaskName, batches: Iterator[list[str]], total: int, known: Mapping[str, Any]
) -> Iterator[list[Any]]:
    """What a task makes of each batch: of few in this process, of many in worker processes.

    What it makes of some texts may be known, and is not asked for again.
    """
    under_way: deque[list[str]] = deque()

    def unknown() -> Iterator[list[str]]:
        for texts in batches:
            under_way.append(texts)
            yield [text for text in texts if text not in known]

    with WorkerPool(0 if total < MIN_FOR_WORKERS else None) as pool:
        for found in pool.stream(task, unknown()):
            rest = iter(found)
            yield [known[text] if text in known else next(rest) for text in under_way.popleft()]
