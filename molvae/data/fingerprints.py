"""A curated table -> fingerprints of its molecules on disk: packed Morgan bits of radius 2 (ECFP4)."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt

from molvae.data.bulk import MIN_FOR_WORKERS, each_chunk
from molvae.data.curated import Curated
from molvae.errors import InputError
from molvae.progress import Progress

#: Raised by one whenever the same molecules would get other bits.
FORMAT_VERSION = 1

PackedBits = npt.NDArray[np.uint8]


class _Chunk(NamedTuple):
    smiles: list[str]


def fingerprints_of(
    curated: Curated, num_bits: int, cache_dir: Path, num_workers: int | None = None
) -> PackedBits:
    """Fingerprints `(N, num_bits / 8)` of `N` molecules, eight bits a byte, memory-mapped from the cache.

    Args:
        curated: the molecules.
        num_bits: how many bits the environments are folded to; a multiple of 8.
        cache_dir: the folder that keeps the file.
        num_workers: processes beside this one, None for one a core, 0 for none.

    Raises:
        InputError: if the cache can't be written.
    """
    path = cache_dir / f"fingerprints-{curated.key}-{num_bits}-{FORMAT_VERSION}.npy"
    if not path.is_file():
        _publish(_compute(curated, num_bits, num_workers), path)
    return cast(PackedBits, np.load(path, mmap_mode="r", allow_pickle=False))


def _publish(packed: PackedBits, path: Path) -> None:
    """Writes the file in one step; another process may have been quicker, and its file is the same."""
    try:
        with tempfile.TemporaryDirectory(prefix=f"{path.stem}.", suffix=".part", dir=path.parent) as part:
            np.save(Path(part) / path.name, packed, allow_pickle=False)
            (Path(part) / path.name).replace(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(
            f'can\'t write to the cache folder "{path.parent}": {reason}; make room, or set MOLVAE_CACHE'
        ) from error


def _compute(curated: Curated, num_bits: int, num_workers: int | None) -> PackedBits:
    if curated.num_kept < MIN_FOR_WORKERS:
        num_workers = 0
    packed = np.empty((curated.num_kept, num_bits // 8), dtype=np.uint8)
    start = 0
    with Progress(curated.num_kept, "computing fingerprints") as bar:
        for chunk, rows in each_chunk("fingerprints", _chunks(curated), num_bits, num_workers=num_workers):
            stop = start + len(chunk.smiles)
            packed[start:stop] = np.frombuffer(b"".join(rows), dtype=np.uint8).reshape(len(rows), -1)
            bar.update(len(rows))
            start = stop
    return packed


def _chunks(curated: Curated) -> Iterator[_Chunk]:
    return (_Chunk(batch) for (batch,) in curated.iter_batches(("smiles",), batch_size=1000))
