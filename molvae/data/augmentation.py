"""A curated table -> its molecules written in further ways, as token ids on disk, to learn from besides.

An autoencoder that sees each molecule in one writing learns the writings by heart where there are few of
them; begun at other atoms, the same molecules teach it to copy.

Source: Bjerrum 2017 (arXiv 1703.07076, SMILES enumeration); Arus-Pous et al., J. Cheminform. 11 (2019) 71.
"""

import hashlib
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from molvae.data.bulk import MIN_FOR_WORKERS, each_chunk
from molvae.data.cache import fill_folder
from molvae.data.curated import Curated
from molvae.data.dataset import IndexArray, TokenArrays
from molvae.data.tokenizer import Tokenizer
from molvae.progress import Progress

#: Raised by one whenever the same molecules would be written otherwise.
FORMAT_VERSION = 1
OWNERS_NAME = "owners.npy"


class Writings(NamedTuple):
    """Molecules written in further ways.

    Attributes:
        arrays: the tokens of `K` writings.
        owners: `(K,)`, the place in the table of the molecule that each is of; ascending.
    """

    arrays: TokenArrays
    owners: IndexArray


class _Chunk(NamedTuple):
    smiles: list[str]


def writings_of(
    curated: Curated,
    tokenizer: Tokenizer,
    num_writings: int,
    max_symbols: int,
    cache_dir: Path,
    num_workers: int | None = None,
) -> Writings:
    """Each molecule written in up to `num_writings` ways that begin at another atom than the canonical one.

    Which atoms follows from the molecule alone. A writing that holds a symbol which the tokenizer has not,
    or more than `max_symbols` of them, is left out.

    Args:
        curated: the molecules.
        tokenizer: SELFIES <-> ids.
        num_writings: how many of each, at most; symmetric and small molecules have fewer.
        max_symbols: the longest writing.
        cache_dir: the folder that keeps them.
        num_workers: processes beside this one, None for one a core, 0 for none.
    """
    identity = [FORMAT_VERSION, curated.key, tokenizer.to_json(), num_writings, max_symbols]
    key = hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16]
    folder = cache_dir / f"writings-{key}"

    def fill(part: Path) -> None:
        found = _written(curated, tokenizer, num_writings, max_symbols, num_workers)
        found.arrays.write(part)
        np.save(part / OWNERS_NAME, found.owners, allow_pickle=False)

    fill_folder(folder, OWNERS_NAME, fill)
    return Writings(TokenArrays.open(folder), np.load(folder / OWNERS_NAME, allow_pickle=False))


def _written(
    curated: Curated, tokenizer: Tokenizer, num_writings: int, max_symbols: int, num_workers: int | None
) -> Writings:
    if curated.num_kept < MIN_FOR_WORKERS:
        num_workers = 0
    parts: list[TokenArrays] = []
    owners: list[int] = []
    place = 0
    chunks = (_Chunk(batch) for (batch,) in curated.iter_batches(("smiles",), batch_size=1000))
    with Progress(curated.num_kept, "writing molecules in other ways") as bar:
        for chunk, written in each_chunk("writings", chunks, num_writings, num_workers=num_workers):
            texts: list[str] = []
            for owner, selfies in enumerate(written, place):
                fitting = [text for text in selfies if text.count("[") <= max_symbols]
                known = [text for text in fitting if not tokenizer.unseen_symbols(text)]
                texts += known
                owners += [owner] * len(known)
            parts.append(TokenArrays.of(tokenizer.to_ids_batch(texts)))
            place += len(chunk.smiles)
            bar.update(len(chunk.smiles))
    return Writings(TokenArrays.joined(parts), np.array(owners, dtype=np.int64))
