"""Fingerprints of a curated table: the bits that RDKit gives, computed once."""

from pathlib import Path

import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator

from molvae.data import bulk, fingerprints
from molvae.data.curation import curate
from molvae.data.fingerprints import fingerprints_of


@pytest.mark.parametrize("num_workers", [0, 2])
def test_the_bits_are_those_of_rdkit_in_the_order_of_the_table(
    tmp_path: Path, tiny_csv: Path, num_workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fingerprints, "MIN_FOR_WORKERS", 1)
    curated = curate(tiny_csv, tmp_path, num_workers=0)
    packed = fingerprints_of(curated, 256, tmp_path, num_workers=num_workers)
    assert packed.shape == (curated.num_kept, 32)
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=256)
    smiles = [text for (batch,) in curated.iter_batches(("smiles",)) for text in batch]
    for row, text in zip(np.unpackbits(packed, axis=1), smiles, strict=True):
        assert (row == generator.GetFingerprintAsNumPy(Chem.MolFromSmiles(text))).all()


def test_they_are_computed_once_for_a_table_and_a_size(
    tmp_path: Path, tiny_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    curated = curate(tiny_csv, tmp_path, num_workers=0)
    first = np.array(fingerprints_of(curated, 64, tmp_path, num_workers=0))
    monkeypatch.setattr(bulk, "WorkerPool", None)
    assert (fingerprints_of(curated, 64, tmp_path) == first).all()
    assert [path.name for path in tmp_path.glob(".*.partial")] == []
