"""Trains a model, as `molvae train` does: `python scripts/train.py data/moses_10k.csv --out my_model`."""

import sys

from molvae.cli import main

if __name__ == "__main__":
    sys.exit(main(["train", *sys.argv[1:]]))
