"""A curated table on disk: a folder of the cache with molecules, properties, ledger and summary.

`molecules.parquet` (row, smiles, selfies, given), `properties.npy` (float64, NaN for missing), `ledger.csv`,
and `summary.json`, which is written last and makes the folder complete. `given` is the text of the file, or
its beginning, where that is not the canonical SMILES; otherwise it is null.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from molvae.data.values import Kind

MOLECULES_NAME = "molecules.parquet"
PROPERTIES_NAME = "properties.npy"
LEDGER_NAME = "ledger.csv"
SUMMARY_NAME = "summary.json"


@dataclass(frozen=True, kw_only=True)
class Curated:
    """`N` molecules that came through, in the order of the file, and what is known about them.

    Attributes:
        folder: where the files are.
        key: identifies the content of the file, the columns read and the settings.
        sha256: the SHA-256 of the file, in 64 hexadecimal digits.
        smiles_column: the column that the SMILES were read from.
        property_columns: names of the `P` properties.
        property_kinds: "regression" or "yes/no", one a property.
        num_rows: data rows in the file.
        num_kept: `N`.
        dropped: how many rows were dropped, by reason; reasons without a row are absent.
        facts: more for the summary, as JSON: see `molvae.data.curation`.
    """

    folder: Path
    key: str
    sha256: str
    smiles_column: str
    property_columns: tuple[str, ...]
    property_kinds: tuple[Kind, ...]
    num_rows: int
    num_kept: int
    dropped: Mapping[str, int]
    facts: Mapping[str, Any]

    @property
    def num_dropped(self) -> int:
        """Rows that did not come through."""
        return sum(self.dropped.values())

    @property
    def ledger_path(self) -> Path:
        """The CSV that says why."""
        return self.folder / LEDGER_NAME

    def summary_line(self) -> str:
        """One line: rows, kept, dropped."""
        return f"{self.num_rows} rows: {self.num_kept} kept, {self.num_dropped} dropped"

    def summary(self) -> dict[str, Any]:
        """What `summary.json` holds: the summary line, then all attributes but the folder."""
        values = {name: value for name, value in asdict(self).items() if name != "folder"}
        return {"summary": self.summary_line(), **values}

    def iter_batches(
        self, columns: Sequence[str] = ("smiles", "selfies"), batch_size: int = 10_000
    ) -> Iterator[tuple[list[Any], ...]]:
        """Batches of molecules, each a tuple of lists, one a column of `molecules.parquet`."""
        with pq.ParquetFile(self.folder / MOLECULES_NAME) as file:
            for batch in file.iter_batches(batch_size=batch_size, columns=list(columns)):
                yield tuple(batch.column(name).to_pylist() for name in columns)

    def properties(self) -> npt.NDArray[np.float64]:
        """Property values `(N, P)` in the units of the file, NaN where missing; memory-mapped, read-only."""
        # An array without a byte can't be mapped.
        mode: Literal["r"] | None = "r" if self.property_columns else None
        array = np.load(self.folder / PROPERTIES_NAME, mmap_mode=mode, allow_pickle=False)
        return cast(npt.NDArray[np.float64], array)


def write_summary(summary: Mapping[str, Any], path: Path) -> None:
    """Writes a summary as a JSON file."""
    path.write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def load_curated(folder: Path, key: str) -> Curated | None:
    """The curated table in a folder, or None where there is none, it is incomplete, or of another key."""
    try:
        values = json.loads((folder / SUMMARY_NAME).read_text(encoding="utf-8"))
        del values["summary"]
        for name in ("property_columns", "property_kinds"):
            values[name] = tuple(values[name])
        curated = Curated(folder=folder, **values)
        num_molecules = pq.read_metadata(folder / MOLECULES_NAME).num_rows
        shape = curated.properties().shape
    except (OSError, EOFError, ValueError, KeyError, TypeError, pa.ArrowException):
        return None
    whole = (num_molecules, *shape) == (curated.num_kept, curated.num_kept, len(curated.property_columns))
    return curated if whole and curated.key == key and curated.ledger_path.is_file() else None
