"""Which molecules a model was trained on, in eight bytes a molecule instead of their SMILES."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Self

import numpy as np
import numpy.typing as npt

KeyArray = npt.NDArray[np.uint64]


class MoleculeKeys:
    """A set of canonical SMILES that can be asked whether it holds one.

    It keeps the first 64 bits of each one's BLAKE2b digest, sorted. Among 10 million molecules a new
    one is taken for a member once in 10^12 times.

    Args:
        keys: `(N,)`, sorted.

    Example:
        >>> keys = MoleculeKeys.of(["CCO", "CCN"])
        >>> "CCO" in keys, "CCC" in keys
        (True, False)
        >>> len(keys.union(MoleculeKeys.of(["CCN", "CCC"])))
        3
    """

    def __init__(self, keys: KeyArray) -> None:
        self.keys = keys

    @classmethod
    def of(cls, smiles: Iterable[str]) -> Self:
        """The set of these canonical SMILES."""
        return cls(np.unique(np.fromiter((_key(text) for text in smiles), dtype=np.uint64)))

    def union(self, other: "MoleculeKeys") -> "MoleculeKeys":
        """The molecules of both sets."""
        return MoleculeKeys(np.union1d(self.keys, other.keys))

    def __len__(self) -> int:
        return len(self.keys)

    def __contains__(self, smiles: str) -> bool:
        return bool(self.contains([smiles])[0])

    def contains(self, smiles: Sequence[str]) -> npt.NDArray[np.bool_]:
        """For each canonical SMILES whether it is in the set, `(B,)`."""
        asked = np.fromiter((_key(text) for text in smiles), dtype=np.uint64, count=len(smiles))
        if len(self.keys) == 0:
            return np.zeros(len(asked), dtype=np.bool_)
        places = np.minimum(np.searchsorted(self.keys, asked), len(self.keys) - 1)
        return np.asarray(self.keys[places] == asked)


def _key(smiles: str) -> int:
    return int.from_bytes(hashlib.blake2b(smiles.encode(), digest_size=8).digest(), "little")
