"""Token ids on disk -> batches of molecules of like length.

Every order and every batch follows from a seed and an epoch's number alone, so that training which was
stopped anywhere goes on with the same batches.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from molvae.data.tokenizer import IdArray

#: How many batches are sorted by length together: enough that a batch holds molecules of one length.
BATCHES_A_BUCKET = 64

IndexArray = npt.NDArray[np.int64]


class Batch(NamedTuple):
    """`B` molecules: ids `(B, T)` int64, padded with 0 at the end, and lengths `(B,)` int64."""

    token_ids: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]


class TokenArrays:
    """The tokens of `N` molecules, one after another, and where each begins.

    Args:
        tokens: every id, `(total,)`; a memory map when read from disk.
        offsets: `(N + 1,)`; molecule `i` is `tokens[offsets[i]:offsets[i + 1]]`.
    """

    def __init__(self, tokens: IdArray, offsets: IndexArray) -> None:
        self.tokens = tokens
        self.offsets = offsets

    @classmethod
    def of(cls, molecules: Iterable[IdArray]) -> "TokenArrays":
        """The arrays of molecules held in memory."""
        kept = list(molecules)
        offsets = np.cumsum([0, *(len(ids) for ids in kept)], dtype=np.int64)
        return cls(np.concatenate(kept) if kept else np.empty(0, np.uint16), offsets)

    @classmethod
    def joined(cls, parts: Sequence["TokenArrays"]) -> "TokenArrays":
        """The molecules of several arrays, one after another, in memory."""
        lengths = [part.lengths for part in parts]
        offsets = np.cumsum(np.concatenate([np.zeros(1, np.int64), *lengths]), dtype=np.int64)
        return cls(np.concatenate([np.empty(0, np.uint16), *(part.tokens for part in parts)]), offsets)

    @classmethod
    def open(cls, folder: Path) -> "TokenArrays":
        """The arrays that `write` left in a folder, memory-mapped."""
        tokens = np.load(folder / "tokens.npy", mmap_mode="r", allow_pickle=False)
        return cls(tokens, np.load(folder / "offsets.npy", allow_pickle=False))

    def write(self, folder: Path) -> None:
        """Writes both arrays into a folder, for `open`."""
        np.save(folder / "tokens.npy", self.tokens, allow_pickle=False)
        np.save(folder / "offsets.npy", self.offsets, allow_pickle=False)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def subset(self, indices: IndexArray) -> "TokenArrays":
        """The molecules at `indices`, in that order, copied into memory."""
        return TokenArrays.of(self.tokens[self.offsets[i] : self.offsets[i + 1]] for i in indices)

    @property
    def lengths(self) -> IndexArray:
        """Tokens of each molecule, `(N,)`; 0 for one that could not be tokenized."""
        return np.diff(self.offsets)

    def batch(self, indices: IndexArray) -> Batch:
        """The molecules at `indices` `(B,)`, in that order."""
        starts = self.offsets[indices]
        lengths = self.offsets[indices + 1] - starts
        steps = np.arange(int(lengths.max(initial=1)))
        inside = steps[None, :] < lengths[:, None]
        ids = np.zeros(inside.shape, dtype=np.int64)
        ids[inside] = self.tokens[(starts[:, None] + steps[None, :])[inside]]
        return Batch(ids, lengths)


def bucketed_batches(
    indices: IndexArray, lengths: IndexArray, *, batch_size: int, seed: int, epoch: int
) -> list[IndexArray]:
    """One epoch's batches: every index once, molecules of like length together, batches in random order.

    Args:
        indices: `(M,)`, what to draw from.
        lengths: `(N,)`, the length of every molecule of the data.
        batch_size: molecules a batch; one batch of the epoch may be smaller.
        seed: the run's seed.
        epoch: the epoch's number.
    """
    generator = np.random.default_rng([seed, epoch])
    shuffled = generator.permutation(indices)
    bucket = batch_size * BATCHES_A_BUCKET
    batches: list[IndexArray] = []
    for start in range(0, len(shuffled), bucket):
        part = shuffled[start : start + bucket]
        part = part[np.argsort(-lengths[part], kind="stable")]
        batches += [part[at : at + batch_size] for at in range(0, len(part), batch_size)]
    return [batches[index] for index in generator.permutation(len(batches))]
