"""A table given as text, curated, and its ledger, for the tests of curation."""

import csv
from pathlib import Path

from molvae.data.curated import Curated
from molvae.data.curation import curate


def curated_text(folder: Path, text: str, **options: object) -> Curated:
    path = folder / "input.csv"
    path.write_text(text, encoding="utf-8", newline="")
    return curate(path, folder / "cache", **options)  # type: ignore[arg-type]


def ledger_of(curated: Curated) -> list[tuple[int, str, str, str]]:
    with curated.ledger_path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    assert lines[0] == ["row", "smiles", "reason", "detail"]
    return [(int(row), smiles, reason, detail) for row, smiles, reason, detail in lines[1:]]
