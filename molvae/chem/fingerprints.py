"""Molecules in, fingerprints as NumPy arrays and Tanimoto similarities out.

A bit fingerprint is a boolean array, a count fingerprint an unsigned integer array, both `(N, num_bits)`,
so the type of an array says what it is. `Morgan, radius 2` is what the literature calls ECFP4.
An unhashed fingerprint has a place of its own for each environment there can be, so it is one of RDKit's
sparse vectors, of one molecule.

Source: Rogers and Hahn, J. Chem. Inf. Model. 50 (2010) 742 (Morgan, circular fingerprints);
Carhart, Smith and Venkataraghavan, J. Chem. Inf. Comput. Sci. 25 (1985) 64 (atom pairs).
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from rdkit import DataStructs
from rdkit.Chem import Mol, rdFingerprintGenerator

from molvae.errors import InputError

BitArray = npt.NDArray[np.bool_]
CountArray = npt.NDArray[np.uint32]
SimilarityArray = npt.NDArray[np.float32]
#: RDKit's `UIntSparseIntVect`, `ULongSparseIntVect` or `SparseBitVect`, which have no common parent.
SparseFingerprint = Any

# Rows compared at once; 1,024 rows against 10,000 keep a block at 40 MB.
BLOCK_ROWS = 1024


def morgan_bits(mols: Sequence[Mol], *, radius: int = 2, num_bits: int = 2048) -> BitArray:
    """Returns Morgan fingerprints `(N, num_bits)`: whether each circular environment occurs.

    Example:
        >>> from rdkit import Chem
        >>> morgan_bits([Chem.MolFromSmiles("CCO")]).sum()
        np.int64(6)
    """
    return _bits(_morgan_generator(radius, num_bits), mols, num_bits)


def morgan_counts(mols: Sequence[Mol], *, radius: int = 2, num_bits: int = 2048) -> CountArray:
    """Returns Morgan fingerprints `(N, num_bits)`: how often each circular environment occurs."""
    return _counts(_morgan_generator(radius, num_bits), mols, num_bits)


def atom_pair_bits(mols: Sequence[Mol], *, num_bits: int = 2048) -> BitArray:
    """Returns atom-pair fingerprints `(N, num_bits)`: which pairs of atom types at which distance occur.

    RDKit simulates counts here: four bits stand for a pair that occurs at least 1, 2, 4 and 8 times.
    """
    return _bits(_atom_pair_generator(num_bits), mols, num_bits)


def atom_pair_counts(mols: Sequence[Mol], *, num_bits: int = 2048) -> CountArray:
    """Returns atom-pair fingerprints `(N, num_bits)`: how often each pair at each distance occurs."""
    return _counts(_atom_pair_generator(num_bits), mols, num_bits)


@lru_cache(maxsize=16)
def _morgan_generator(radius: int, num_bits: int) -> Any:
    return rdFingerprintGenerator.GetMorganGenerator(radius=radius, fpSize=num_bits)


@lru_cache(maxsize=16)
def _atom_pair_generator(num_bits: int) -> Any:
    return rdFingerprintGenerator.GetAtomPairGenerator(fpSize=num_bits)


def _bits(generator: Any, mols: Sequence[Mol], num_bits: int) -> BitArray:
    fingerprints = np.zeros((len(mols), num_bits), dtype=np.bool_)
    for row, mol in enumerate(mols):
        fingerprints[row] = generator.GetFingerprintAsNumPy(mol)
    return fingerprints


def _counts(generator: Any, mols: Sequence[Mol], num_bits: int) -> CountArray:
    fingerprints = np.zeros((len(mols), num_bits), dtype=np.uint32)
    for row, mol in enumerate(mols):
        fingerprints[row] = generator.GetCountFingerprintAsNumPy(mol)
    return fingerprints


def unhashed_morgan_counts(mol: Mol, *, radius: int = 2) -> SparseFingerprint:
    """Returns how often each circular environment occurs: the ECFP4, with radius 3 the ECFP6."""
    return _unhashed_morgan_generator(radius, False).GetSparseCountFingerprint(mol)


def unhashed_feature_counts(mol: Mol, *, radius: int = 2) -> SparseFingerprint:
    """Returns how often each circular environment of donors, acceptors and the like occurs: the FCFP4."""
    return _unhashed_morgan_generator(radius, True).GetSparseCountFingerprint(mol)


def unhashed_atom_pair_counts(mol: Mol, *, max_distance: int = 10) -> SparseFingerprint:
    """Returns how often each pair of atom types at each distance, up to so many bonds, occurs."""
    return _unhashed_atom_pair_generator(max_distance).GetSparseCountFingerprint(mol)


def unhashed_tanimoto(left: SparseFingerprint, right: SparseFingerprint) -> float:
    """Returns the Tanimoto similarity of two unhashed fingerprints of a kind; 0 if both are empty.

    Example:
        >>> from rdkit import Chem
        >>> ethane, butane = (unhashed_morgan_counts(Chem.MolFromSmiles(text)) for text in ("CC", "CCCC"))
        >>> unhashed_tanimoto(ethane, butane)
        0.2
    """
    return float(DataStructs.TanimotoSimilarity(left, right))


@lru_cache(maxsize=16)
def _unhashed_morgan_generator(radius: int, of_features: bool) -> Any:
    invariants = rdFingerprintGenerator.GetMorganFeatureAtomInvGen() if of_features else None
    return rdFingerprintGenerator.GetMorganGenerator(radius=radius, atomInvariantsGenerator=invariants)


@lru_cache(maxsize=16)
def _unhashed_atom_pair_generator(max_distance: int) -> Any:
    return rdFingerprintGenerator.GetAtomPairGenerator(maxDistance=max_distance)


def tanimoto(one: BitArray | CountArray, many: BitArray | CountArray) -> SimilarityArray:
    """Returns the Tanimoto similarity `(N,)` of `one` `(num_bits,)` to each row of `many` `(N, num_bits)`.

    It is sum(min) / sum(max), which for bits is the size of the intersection over that of the union.
    Two empty fingerprints have similarity 0, as in RDKit.
    """
    shared = np.minimum(many, one).sum(axis=1, dtype=np.float32)
    either = np.maximum(many, one).sum(axis=1, dtype=np.float32)
    return _ratio(shared, either)


def tanimoto_matrix(left: BitArray, right: BitArray) -> SimilarityArray:
    """Returns the Tanimoto similarities `(N, M)` of bit fingerprints `(N, num_bits)` and `(M, num_bits)`.

    The matrix takes 4 N M bytes; `tanimoto_blocks` goes through it without holding it.

    Raises:
        InputError: a fingerprint is not boolean, or the two differ in length.
    """
    matrix = np.empty((len(left), len(right)), dtype=np.float32)
    for start, block in tanimoto_blocks(left, right):
        matrix[start : start + len(block)] = block
    return matrix


def nearest_tanimoto(mols: Sequence[Mol], bits: BitArray) -> SimilarityArray:
    """Returns the ECFP4 Tanimoto similarity `(N,)` of each molecule to the nearest of `bits` `(M, 2048)`."""
    nearest: SimilarityArray = tanimoto_matrix(morgan_bits(mols), bits).max(axis=1)
    return nearest


def tanimoto_blocks(left: BitArray, right: BitArray) -> Iterator[tuple[int, SimilarityArray]]:
    """Yields the Tanimoto matrix in blocks: the first row's number, and the rows `(<= BLOCK_ROWS, M)`.

    Raises:
        InputError: a fingerprint is not boolean, or the two differ in length.
    """
    _check_bits(left, right)
    right_columns = right.T.astype(np.float32)
    right_sizes = right.sum(axis=1, dtype=np.float32)
    for start in range(0, len(left), BLOCK_ROWS):
        rows = left[start : start + BLOCK_ROWS].astype(np.float32)
        shared = rows @ right_columns
        either = rows.sum(axis=1)[:, None] + right_sizes - shared
        yield start, _ratio(shared, either)


def tanimoto_of_counts(left: CountArray, right: CountArray) -> SimilarityArray:
    """Returns the Tanimoto similarities `(N, M)` of count fingerprints `(N, num_bits)` and `(M, num_bits)`.

    A count of 3 is three bits of a unary number, and the smaller of two counts the bits that both have, so
    that one matrix product gives all sums of minima.
    """
    tops = np.minimum(left.max(axis=0, initial=0), right.max(axis=0, initial=0))
    shared = np.zeros((len(left), len(right)), dtype=np.float32)
    levels = np.arange(1, int(tops.max(initial=0)) + 1)
    columns = [(level, np.flatnonzero(tops >= level)) for level in levels.tolist()]
    if columns:
        unary = [
            np.concatenate([counts[:, places] >= level for level, places in columns], axis=1)
            for counts in (left, right)
        ]
        shared = unary[0].astype(np.float32) @ unary[1].astype(np.float32).T
    sizes = [counts.sum(axis=1, dtype=np.float32) for counts in (left, right)]
    return _ratio(shared, sizes[0][:, None] + sizes[1] - shared)


def _check_bits(left: BitArray, right: BitArray) -> None:
    for fingerprints in (left, right):
        if fingerprints.dtype != np.bool_:
            raise InputError(
                f'a Tanimoto matrix is of bit fingerprints (bool), not "{fingerprints.dtype}": '
                "use morgan_bits, or tanimoto(one, many) for counts"
            )
    if left.shape[1] != right.shape[1]:
        raise InputError(
            f'fingerprints of "{left.shape[1]}" and "{right.shape[1]}" bits can\'t be compared: '
            "compute both with the same num_bits"
        )


def _ratio(shared: SimilarityArray, either: SimilarityArray) -> SimilarityArray:
    return np.divide(shared, either, out=np.zeros_like(shared), where=either > 0)
