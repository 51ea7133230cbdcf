"""Rebuilds `molvae/chem/moses_filters.csv` from the fetched MOSES package, and prints its SHA-256.

Run `molvae data fetch moses` first. The package's two tables of substructures, 22 medicinal chemistry filters
and 480 PAINS, become one with a name and a SMARTS a line.
"""

import argparse
import csv
import io
import sys
import zipfile
from pathlib import Path

from molvae.data.download import sha256_of
from molvae.data.sources import fetched_wheel

DEFAULT_PATH = Path(__file__).resolve().parent.parent / "molvae" / "chem" / "moses_filters.csv"


def build(path: Path) -> None:
    """Writes the table: the medicinal chemistry filters first, each set in its published order."""
    with zipfile.ZipFile(fetched_wheel("moses")) as wheel:
        mcf, pains = (
            list(csv.reader(io.StringIO(wheel.read(f"moses/metrics/{name}").decode())))
            for name in ("mcf.csv", "wehi_pains.csv")
        )
    rules = [(name, smarts.strip()) for name, smarts in mcf[1:]]
    rules += [(f"PAINS_{label.strip()[len('<regId=') : -1]}", smarts.strip()) for smarts, label in pains]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("name", "smarts"), *rules])


def main() -> None:
    """Builds the file named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=DEFAULT_PATH, help="where the CSV goes")
    path = parser.parse_args().out
    build(path)
    sys.stdout.write(f"{sha256_of(path)}  {path}\n")


if __name__ == "__main__":
    main()
