"""MOSES as a yardstick: its fetched molecules by part, and training sets that can be asked for members.

Source: Polykovskiy et al., Front. Pharmacol. 11 (2020) 565644 ("MOSES").
"""

import contextlib
import gzip
import logging
import tempfile
from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from molvae.data.bulk import each_item
from molvae.data.sources import source_file
from molvae.evaluation.reference_cache import checksum_of
from molvae.generation.membership import MoleculeKeys
from molvae.progress import progress

logger = logging.getLogger(__name__)

TRAIN = "train"
#: Random molecules, and molecules whose scaffolds the training set lacks.
TEST_PARTS = ("test", "test_scaffolds")


def moses_smiles(part: str, cache: Path | None = None) -> list[str]:
    """Returns the SMILES of a part of MOSES, as published: "train", "test" or "test_scaffolds".

    Raises:
        MissingFileError: MOSES has not been fetched.
        SettingsError: MOSES has no such part.
    """
    with gzip.open(source_file("moses", f"{part}.csv.gz", cache), "rt", encoding="utf-8") as file:
        return file.read().split()[1:]


def cached_keys(smiles: Sequence[str], cache: Path, label: str = "the training set") -> MoleculeKeys:
    """Returns the set of the molecules in a list of SMILES, from the cache folder if it is there.

    They are canonicalized here: a file's SMILES may have been canonical for another version of RDKit.

    Args:
        smiles: the molecules; those that can't be parsed are left out.
        cache: the cache folder; if it can't be written to, the set is not kept.
        label: what the list is called in the log.
    """
    path = cache / f"members-{checksum_of(smiles)}.npz"
    with contextlib.suppress(OSError, ValueError, KeyError, BadZipFile), path.open("rb") as file:
        return MoleculeKeys(np.load(file, allow_pickle=False)["keys"])
    logger.info("reading %s, %s molecules, once", label, f"{len(smiles):,}")
    found = progress(each_item("canonicalize", smiles), len(smiles), label)
    keys = MoleculeKeys.of(filter(None, found))
    with contextlib.suppress(OSError):
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="reference-", suffix=".part", dir=cache) as part:
            np.savez(Path(part) / path.name, keys=keys.keys)
            (Path(part) / path.name).replace(path)
    return keys
