"""Molecules in, what a Gaussian process compares out: counts of fragments, and descriptors of the whole."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from rdkit.Chem import Mol

from molvae.chem.descriptors import NUM_DESCRIPTORS, descriptors
from molvae.chem.fingerprints import CountArray, morgan_counts
from molvae.chem.molecules import parse_smiles
from molvae.interfaces import FloatArray

NUM_BITS = 1024


class Features(NamedTuple):
    """What is known of the structures of `N` molecules.

    Attributes:
        counts: ECFP4 counts `(N, NUM_BITS)`.
        descriptors: `(N, NUM_DESCRIPTORS)`, see `molvae.chem.descriptors`.
    """

    counts: CountArray
    descriptors: FloatArray


def features_of(smiles: Sequence[str]) -> Features:
    """The features of valid SMILES."""
    mols = [parse_smiles(text) for text in smiles]
    return Features(_counts(mols), descriptors(mols))


def count_fingerprints(smiles: Sequence[str]) -> CountArray:
    """ECFP4 counts `(N, NUM_BITS)` of valid SMILES."""
    return _counts([parse_smiles(text) for text in smiles])


def _counts(mols: Sequence[Mol]) -> CountArray:
    return morgan_counts(mols, num_bits=NUM_BITS)


class GrowingFeatures:
    """The features of all molecules that were added, in order."""

    def __init__(self) -> None:
        self._counts: CountArray = np.zeros((256, NUM_BITS), dtype=np.uint32)
        self._descriptors: FloatArray = np.zeros((256, NUM_DESCRIPTORS))
        self._num_known = 0

    def add(self, smiles: Sequence[str]) -> None:
        """Adds valid SMILES."""
        end = self._num_known + len(smiles)
        while end > len(self._counts):
            self._counts = np.concatenate([self._counts, np.zeros_like(self._counts)])
            self._descriptors = np.concatenate([self._descriptors, np.zeros_like(self._descriptors)])
        new = features_of(smiles)
        self._counts[self._num_known : end] = new.counts
        self._descriptors[self._num_known : end] = new.descriptors
        self._num_known = end

    def rows(self, places: npt.NDArray[np.int64]) -> Features:
        """The features of the molecules in these places."""
        return Features(self._counts[places], self._descriptors[places])
