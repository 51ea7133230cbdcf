"""Many molecules at once: screened, or what is to be known of them computed, on all cores where that pays."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Protocol, TypeVar

import numpy as np

from molvae.chem.properties import PropertyArray, compute_properties, property_name
from molvae.data.screening import CurationSettings, Screened
from molvae.data.workers import TaskName, WorkerPool

#: Fewer molecules than this are treated in this process: starting workers would take longer.
MIN_FOR_WORKERS = 2000
#: Molecules handed to a worker at once by `each_item`.
CHUNK_SIZE = 500


class HasSmiles(Protocol):
    """A chunk of rows; only its texts go to a worker."""

    @property
    def smiles(self) -> list[str]:
        """The texts to work on."""
        ...


ChunkT = TypeVar("ChunkT", bound=HasSmiles)


def screen_chunks(
    chunks: Iterable[ChunkT], settings: CurationSettings, num_workers: int | None = None
) -> Iterator[tuple[ChunkT, list[Screened]]]:
    """Each chunk with what became of its rows, in order; a few chunks are under way at any time.

    Args:
        chunks: what to screen; read ahead by at most a few chunks a worker.
        settings: what a molecule must be like.
        num_workers: processes to use, None for one a core; 0 for none beside this one.
    """
    stream = iter(chunks)
    head: list[ChunkT] = []
    num_rows = 0
    while num_rows < MIN_FOR_WORKERS and (chunk := next(stream, None)) is not None:
        head.append(chunk)
        num_rows += len(chunk.smiles)
    if num_rows < MIN_FOR_WORKERS:
        num_workers = 0
    return each_chunk("screen", chain(head, stream), settings, num_workers=num_workers)


def each_chunk(
    task: TaskName, chunks: Iterable[ChunkT], *arguments: Any, num_workers: int | None
) -> Iterator[tuple[ChunkT, list[Any]]]:
    """Each chunk with what a task of `molvae.data.workers` makes of its texts, in order.

    Args:
        task: a name of `TASKS`.
        chunks: read ahead by at most a few a worker.
        arguments: given to the task after the texts.
        num_workers: processes to use, None for one a core; 0 for none beside this one.
    """
    under_way: deque[ChunkT] = deque()

    def texts() -> Iterator[list[str]]:
        for chunk in chunks:
            under_way.append(chunk)
            yield chunk.smiles

    with WorkerPool(num_workers) as pool:
        for found in pool.stream(task, texts(), *arguments):
            yield under_way.popleft(), found


def properties_of(
    smiles: Sequence[str], names: Sequence[str], num_workers: int | None = None
) -> PropertyArray:
    """Properties `(N, P)` of `N` SMILES, NaN in the row of one that can't be parsed.

    Example:
        >>> properties_of(["CCO", "not a molecule"], ["num_heavy_atoms"]).tolist()
        [[3.0], [nan]]

    Raises:
        SettingsError: one of `names` is not a property; raised before any process starts.
    """
    names = [property_name(name) for name in names]
    if num_workers == 0 or len(smiles) < MIN_FOR_WORKERS:
        return compute_properties(smiles, names)
    return np.array(list(each_item("properties", smiles, names, num_workers=num_workers)))


def each_item(
    task: TaskName,
    texts: Sequence[str],
    *arguments: Any,
    num_workers: int | None = None,
    min_for_workers: int = MIN_FOR_WORKERS,
) -> Iterator[Any]:
    """What a task of `molvae.data.workers` makes of each text, in order.

    Args:
        task: a name of `TASKS`.
        texts: SMILES, or what the task takes.
        arguments: given to the task after the texts.
        num_workers: processes to use, None for one a core; 0 for none beside this one.
        min_for_workers: fewer texts than this are treated in this process.

    Example:
        >>> list(each_item("canonicalize", ["OCC", "C1CC"]))
        ['CCO', '']
    """
    if len(texts) < min_for_workers:
        num_workers = 0
    chunks = (texts[start : start + CHUNK_SIZE] for start in range(0, len(texts), CHUNK_SIZE))
    with WorkerPool(num_workers) as pool:
        for found in pool.stream(task, chunks, *arguments):
            yield from found
