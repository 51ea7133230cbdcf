"""Reference statistics on disk: computed once for a list of SMILES, read in a second ever after.

    reference-KEY/manifest.json   SHA-256 of the other two; without it the folder counts as not there
    reference-KEY/arrays.npz      the arrays, none of them pickled
    reference-KEY/counts.json     fragments and scaffolds

The key is a checksum of the SMILES and of all that the statistics depend on. A folder appears whole or not at
all; one that is damaged is computed anew.
"""

import hashlib
import json
import logging
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from rdkit import rdBase

from molvae.data.cache import remove_stale_parts
from molvae.data.download import sha256_of
from molvae.evaluation.chemnet import WEIGHTS_SHA256, Gaussian
from molvae.evaluation.reference import ReferenceStatistics, reference_statistics

logger = logging.getLogger(__name__)

#: Raised by one whenever the same SMILES would get other statistics, or they would be stored differently.
FORMAT_VERSION = 1
MANIFEST, ARRAYS, COUNTS = "manifest.json", "arrays.npz", "counts.json"


def checksum_of(smiles: Sequence[str]) -> str:
    """Returns a checksum of a list of SMILES, and of the versions that decide what they are turned into.

    RDKit's version is among them, since canonical SMILES and aromaticity change between versions.
    """
    digest = hashlib.sha256(f"{FORMAT_VERSION} {rdBase.rdkitVersion} {WEIGHTS_SHA256}\n".encode())
    digest.update("\n".join(smiles).encode())
    return digest.hexdigest()[:20]


def cached_statistics(
    smiles: Sequence[str], cache: Path, label: str = "the reference", num_workers: int | None = None
) -> ReferenceStatistics:
    """Returns the statistics of a set of SMILES, from the cache folder if they are there.

    Args:
        smiles: the reference set.
        cache: the cache folder; if it can't be written to, a warning says so and the result is not kept.
        label: what the set is called in the log.
        num_workers: processes to use, None for one a core; 0 for none beside this one.

    Raises:
        InputError: no SMILES is a molecule.
    """
    folder = cache / f"reference-{checksum_of(smiles)}"
    if (known := _load(folder)) is not None:
        return known
    logger.info("computing the statistics of %s, %s molecules, once", label, f"{len(smiles):,}")
    statistics = reference_statistics(smiles, num_workers)
    try:
        _save(statistics, folder)
    except OSError as error:
        logger.warning(
            'the cache folder "%s" can\'t keep the statistics of %s (%s): make room, or set MOLVAE_CACHE',
            *(cache, label, error.strerror or error),
        )
    return statistics


def _load(folder: Path) -> ReferenceStatistics | None:
    """The statistics in a folder; None if it is not there, or not what was written."""
    try:
        checksums = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if any(sha256_of(folder / name) != checksums[name] for name in (ARRAYS, COUNTS)):
            raise ValueError("a checksum is wrong")
        counts = json.loads((folder / COUNTS).read_text(encoding="utf-8"))
        with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
            return ReferenceStatistics(
                chemnet=Gaussian(arrays["mean"], arrays["covariance"]),
                bits=arrays["bits"],
                fragments=counts["fragments"],
                scaffolds=counts["scaffolds"],
                properties={name: arrays[f"property_{name}"] for name in counts["property_names"]},
            )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, BadZipFile) as error:
        logger.warning('"%s" is damaged (%s) and is computed anew', folder, error)
        return None


def _save(statistics: ReferenceStatistics, folder: Path) -> None:
    """Writes a folder under another name and renames it, over one that is damaged."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    remove_stale_parts(folder.parent)
    part = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", suffix=".part", dir=folder.parent))
    try:
        _write(statistics, part)
        shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)
    except OSError:
        if not folder.is_dir():  # otherwise another process was quicker, and its folder is the same
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _write(statistics: ReferenceStatistics, folder: Path) -> None:
    arrays: dict[str, Any] = {f"property_{name}": column for name, column in statistics.properties.items()}
    arrays |= {**statistics.chemnet._asdict(), "bits": statistics.bits}
    np.savez(folder / ARRAYS, **arrays)
    counts = {
        "fragments": dict(statistics.fragments),
        "scaffolds": dict(statistics.scaffolds),
        "property_names": list(statistics.properties),
    }
    (folder / COUNTS).write_text(json.dumps(counts), encoding="utf-8")
    checksums = {name: sha256_of(folder / name) for name in (ARRAYS, COUNTS)}
    (folder / MANIFEST).write_text(json.dumps(checksums), encoding="utf-8")
