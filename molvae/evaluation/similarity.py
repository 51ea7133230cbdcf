"""Fingerprints and counts of two sets in, how alike the sets are out.

Source: Polykovskiy et al., Front. Pharmacol. 11 (2020) 565644 ("MOSES").
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from molvae.chem.fingerprints import BitArray, SimilarityArray
from molvae.data.workers import num_cores

# A bit that is set in a larger share of the reference goes through the matrix product, a rarer one through
# the list of molecules that have it: about where both cost the same.
COMMON_SHARE = 0.08
BLOCK_ROWS = 64


def nearest_similarities(bits: BitArray, reference: BitArray) -> SimilarityArray:
    """Returns for each fingerprint `(N, num_bits)` its largest Tanimoto similarity `(N,)` to `(M, num_bits)`.

    Exact, and several times as fast as the whole matrix of similarities: most bits are rare, so most of the
    products in that matrix are of zeros. All cores take part; memory is about `M (num_bits + 1,000)` bytes.
    """
    frequency = reference.mean(axis=0)
    common, rare = np.flatnonzero(frequency > COMMON_SHARE), np.flatnonzero(frequency <= COMMON_SHARE)
    common_columns = reference[:, common].T.astype(np.float32)
    holders = {bit: np.flatnonzero(reference[:, bit]) for bit in rare}
    reference_sizes = reference.sum(axis=1, dtype=np.float32)
    sizes = bits.sum(axis=1)

    def nearest(rows: npt.NDArray[np.intp]) -> SimilarityArray:
        shared = bits[np.ix_(rows, common)].astype(np.float32) @ common_columns
        fractions = np.empty(len(rows), dtype=np.float32)
        size, reciprocals = -1, reference_sizes
        for index, (row, counts) in enumerate(zip(rows, shared, strict=True)):
            for bit in rare[bits[row, rare]]:
                counts[holders[bit]] += 1
            if sizes[row] != size:
                size = sizes[row]
                reciprocals = 1 / np.maximum(size + reference_sizes, 1)
            counts *= reciprocals
            fractions[index] = counts.max()
        # Of c shared bits, Tanimoto is c / (a + b - c). With x = c / (a + b) that is x / (1 - x), which
        # grows with x, so the largest x is all that is needed.
        return fractions / (1 - fractions)

    order = np.argsort(sizes, kind="stable")  # so that a block shares its reciprocals
    blocks = [order[start : start + BLOCK_ROWS] for start in range(0, len(bits), BLOCK_ROWS)]
    largest = np.empty(len(bits), dtype=np.float32)
    with ThreadPoolExecutor(num_cores()) as executor:
        for rows, found in zip(blocks, executor.map(nearest, blocks), strict=True):
            largest[rows] = found
    return largest


def cosine_similarity(left: Mapping[str, int], right: Mapping[str, int]) -> float:
    """Returns the cosine of two tables of counts, from 0 to 1; NaN if one is empty.

    Example:
        >>> cosine_similarity({"a": 3, "b": 4}, {"a": 3, "c": 4})
        0.36
    """
    if not left or not right:
        return float("nan")
    product = sum(count * right.get(name, 0) for name, count in left.items())
    return float(product / np.sqrt(_squares(left) * float(_squares(right))))


def _squares(counts: Mapping[str, int]) -> int:
    return sum(count**2 for count in counts.values())


def unpacked(packed: npt.NDArray[np.uint8]) -> BitArray:
    """Returns bits `(N, num_bits)` of packed ones `(N, num_bits / 8)`."""
    return np.unpackbits(packed, axis=1).astype(np.bool_)
