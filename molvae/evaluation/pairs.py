"""Two rows of SMILES in, how alike each molecule is to its partner out.

The Tanimoto similarity is that of Morgan fingerprints of radius 2 with 2,048 bits (ECFP4), from 0 to 1.
What is no molecule, "" among them, is like nothing: 0.
"""

from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from molvae.chem.fingerprints import BitArray, SimilarityArray, morgan_bits, tanimoto
from molvae.chem.molecules import parse_smiles
from molvae.errors import InputError, MoleculeError

NUM_BITS = 2048
#: Pairs compared at once; 1,024 of them take 4 MB.
BLOCK_PAIRS = 1024


def pair_similarities(left: Sequence[str], right: Sequence[str]) -> SimilarityArray:
    """Returns the Tanimoto similarity `(N,)` of each SMILES on the left to the one on the right, 0 to 1.

    Raises:
        InputError: there are not as many on the left as on the right.

    Example:
        >>> pair_similarities(["CCO", "CCO", "CCO"], ["OCC", "c1ccccc1", ""]).tolist()
        [1.0, 0.0, 0.0]
    """
    if len(left) != len(right):
        raise InputError(f'"{len(left)}" and "{len(right)}" SMILES are no pairs: give as many of both')
    distinct = sorted({*left, *right})
    bits = _fingerprints_of(distinct)
    places = {text: place for place, text in enumerate(distinct)}
    rows = np.array([places[text] for text in left], dtype=np.intp)
    columns = np.array([places[text] for text in right], dtype=np.intp)
    similarities = np.empty(len(left), dtype=np.float32)
    for start in range(0, len(left), BLOCK_PAIRS):
        block = slice(start, start + BLOCK_PAIRS)
        similarities[block] = tanimoto(bits[rows[block]], bits[columns[block]])
    return similarities


def _fingerprints_of(smiles: Sequence[str]) -> BitArray:
    """Returns Morgan fingerprints `(N, NUM_BITS)` of SMILES, without any bit for what is no molecule."""
    bits = np.zeros((len(smiles), NUM_BITS), dtype=np.bool_)
    for row, text in enumerate(smiles):
        with suppress(MoleculeError):
            bits[row] = morgan_bits([parse_smiles(text)], num_bits=NUM_BITS)[0]
    return bits
