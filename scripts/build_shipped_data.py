"""Rebuilds `data/moses_10k.csv` from the fetched MOSES training set, and prints its SHA-256.

Run `molvae data fetch moses` first. The draw is fixed by `SEED`; the properties are RDKit's, so another RDKit
version may round a few of them differently.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from molvae.chem.molecules import canonicalize
from molvae.data.bulk import properties_of
from molvae.data.download import sha256_of
from molvae.data.sources import source_file

SEED = 0
NUM_MOLECULES = 10_000
PROPERTY_NAMES = ["logP", "QED", "SA"]
DEFAULT_PATH = Path(__file__).resolve().parent.parent / "data" / "moses_10k.csv"


def build(path: Path) -> None:
    """Writes the CSV: molecules drawn without replacement, in the training set's order."""
    smiles = pd.read_csv(source_file("moses", "train.csv.gz"))["SMILES"].to_numpy()
    rows = np.sort(np.random.default_rng(SEED).choice(len(smiles), NUM_MOLECULES, replace=False))
    drawn = [canonicalize(text) for text in smiles[rows]]
    properties = properties_of(drawn, PROPERTY_NAMES)
    table = pd.DataFrame(properties, columns=PROPERTY_NAMES)
    table.insert(0, "smiles", drawn)
    table.to_csv(path, index=False, float_format="%.4f", lineterminator="\n")


def main() -> None:
    """Builds the file named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=DEFAULT_PATH, help="where the CSV goes")
    path = parser.parse_args().out
    build(path)
    sys.stdout.write(f"{sha256_of(path)}  {path}\n")


if __name__ == "__main__":
    main()
