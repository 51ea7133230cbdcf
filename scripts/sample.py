"""Samples molecules, as `molvae sample` does: `python scripts/sample.py my_model -n 1000 --out new.csv`."""

import sys

from molvae.cli import main

if __name__ == "__main__":
    sys.exit(main(["sample", *sys.argv[1:]]))
