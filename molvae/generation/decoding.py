"""Latents `(B, L)` -> molecules: what the decoder writes, and what RDKit and SELFIES make of it."""

import contextlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from molvae.data.dataset import IndexArray
from molvae.data.tokenizer import Tokenizer
from molvae.data.workers import TaskName, WorkerPool
from molvae.generation.checks import check_from_zero, check_level, latent_rows
from molvae.interfaces import FloatArray

if TYPE_CHECKING:
    from molvae.generation.latent_model import MoleculeModel

#: Molecules that go through the decoder at once.
DECODE_BATCH = 1000
#: From so many molecules on, worker processes read what the decoder writes.
MIN_FOR_WORKERS = 3000


class Codes(NamedTuple):
    """Latents, and what is known of them beforehand.

    Attributes:
        latents: `(B, L)`.
        molecules: canonical SMILES by SELFIES, as `canonical_pair` makes them, of the molecules whose codes
            these are: what decodes to one of these SELFIES has been read already.
    """

    latents: FloatArray
    molecules: Mapping[str, str] = {}


def joined(batches: Iterable[Codes], latent_dim: int) -> Codes:
    """Batches of codes of so many latents as one."""
    latents: list[FloatArray] = [np.zeros((0, latent_dim), np.float32)]
    molecules: dict[str, str] = {}
    for some in batches:
        latents.append(some.latents)
        molecules.update(some.molecules)
    return Codes(np.concatenate(latents), molecules)


class Checked(NamedTuple):
    """Decoded molecules and whether each is what the decoder wrote, or what was made of it.

    Attributes:
        smiles: canonical SMILES; "" for what stands for no molecule.
        is_strict: whether the decoder ended it, every token was used, and none was read as another.
    """

    smiles: list[str]
    is_strict: list[bool]


class Batch(NamedTuple):
    """SELFIES that the decoder wrote.

    Attributes:
        selfies: `B` of them.
        has_ended: whether the decoder came to an end.
        known: canonical SMILES by SELFIES that need not be read.
    """

    selfies: list[str]
    has_ended: list[bool]
    known: Mapping[str, str] = {}


def decode_latents(
    model: "MoleculeModel",
    codes: Iterable[Codes],
    temperature: float,
    level: float,
    seed: int,
    pool: WorkerPool,
) -> list[str]:
    """What `MoleculeModel.decode` returns; arguments and errors are those of `decode_checked`."""
    written = written_of(model, codes, temperature, level, seed)
    return [text for batch in decode_stream(written, pool) for text in batch]


def decode_checked(
    model: "MoleculeModel",
    codes: Iterable[Codes],
    temperature: float,
    level: float,
    seed: int,
    pool: WorkerPool,
    slips: IndexArray | None = None,
) -> Checked:
    """What `MoleculeModel.decode_checked` returns; errors are those of it.

    Args:
        model: decodes.
        codes: latents, some at a time; the next ones are asked for while the last ones are read.
        temperature: as there.
        level: as there.
        seed: as there.
        pool: reads what is written (`pool_for`).
        slips: `(B,)`, where each is to be written otherwise than is likeliest (`GRUDecoder.generate`).
    """
    ended: list[bool] = []

    def written() -> Iterator[Batch]:
        for batch in written_of(model, codes, temperature, level, seed, slips):
            ended.extend(batch.has_ended)
            yield batch

    read = [pair for batch in check_stream(written(), pool) for pair in batch]
    strict = [is_faithful and end for (_, is_faithful), end in zip(read, ended, strict=True)]
    return Checked([text for text, _ in read], strict)


def write_selfies(
    model: "MoleculeModel",
    latents: npt.ArrayLike,
    temperature: float,
    level: float,
    seed: int,
    slips: IndexArray | None = None,
) -> list[str]:
    """The SELFIES that the decoder writes at latents `(B, L)`; arguments are those of `decode_checked`."""
    codes = Codes(latent_rows(latents, model.latent_dim).numpy())
    written = written_of(model, [codes], temperature, level, seed, slips)
    return [text for batch in written for text in batch.selfies]


def written_of(
    model: "MoleculeModel",
    codes: Iterable[Codes],
    temperature: float,
    level: float,
    seed: int,
    slips: IndexArray | None = None,
) -> Iterator[Batch]:
    """What the decoder writes of latents, at most `DECODE_BATCH` at a time."""
    check_from_zero("temperature", temperature)
    check_level(level, model.is_told_levels)
    check_from_zero("seed", seed)
    generator = torch.Generator().manual_seed(seed)
    place = 0
    for latents, known in codes:
        nearest = model.posterior_family.nearest(latent_rows(latents, model.latent_dim))
        for rows in nearest.split(DECODE_BATCH):
            here = slips[place : place + len(rows)] if slips is not None else None
            place += len(rows)
            ids, lengths = model.network.decoder.generate(
                rows,
                max_length=model.max_length,
                temperature=temperature,
                generator=generator,
                levels=torch.full((len(rows),), level),
                slips=torch.from_numpy(here) if here is not None else None,
            )
            selfies = to_texts(ids.numpy(), lengths.numpy(), model.tokenizer)
            yield Batch(selfies, (lengths <= model.max_length).tolist(), known)


def to_texts(
    ids: npt.NDArray[np.integer], lengths: npt.NDArray[np.integer], tokenizer: Tokenizer
) -> list[str]:
    """Texts of generated ids `(B, T)`; a molecule that had not ended is cut at `T` tokens."""
    return [
        tokenizer.to_text(row[:length]) for row, length in zip(ids.tolist(), lengths.tolist(), strict=True)
    ]


@contextlib.contextmanager
def pool_for(num_molecules: int) -> Iterator[WorkerPool]:
    """What reads so many molecules: few are read in this process, many in worker processes.

    Beside workers torch keeps to half of its threads, which wait by spinning and would be in their way.
    """
    num_threads = torch.get_num_threads()
    with WorkerPool(0 if num_molecules < MIN_FOR_WORKERS else None) as pool:
        if pool.num_workers > 0:
            torch.set_num_threads(max(1, num_threads // 2))
        try:
            yield pool
        finally:
            torch.set_num_threads(num_threads)


def decode_stream(batches: Iterable[Batch], pool: WorkerPool) -> Iterator[list[str]]:
    """Canonical SMILES of batches of SELFIES; where the pool has workers, they read beside the network."""
    return _stream(pool, "decode", ((batch.selfies, batch.known) for batch in batches))


def check_stream(batches: Iterable[Batch], pool: WorkerPool) -> Iterator[list[tuple[str, bool]]]:
    """As `decode_stream`, and whether each SELFIES was read as it stands."""
    return _stream(
        pool,
        "check",
        (
            (batch.selfies, {selfies: (smiles, True) for selfies, smiles in batch.known.items()})
            for batch in batches
        ),
    )


def _stream(
    pool: WorkerPool, task: TaskName, batches: Iterator[tuple[list[str], Mapping[str, Any]]]
) -> Iterator[list[Any]]:
    """What a task makes of each batch; what it makes of some of its texts is known, and not asked for."""
    under_way: deque[tuple[list[str], Mapping[str, Any]]] = deque()

    def unknown() -> Iterator[list[str]]:
        for texts, known in batches:
            under_way.append((texts, known))
            yield [text for text in texts if text not in known]

    for found in pool.stream(task, unknown()):
        rest = iter(found)
        texts, known = under_way.popleft()
        yield [known[text] if text in known else next(rest) for text in texts]
