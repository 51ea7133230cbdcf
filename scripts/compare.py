"""Trains a VAE beside autoencoders, as `molvae compare` does: `python scripts/compare.py --data F --out D`."""

import sys

from molvae.cli import main

if __name__ == "__main__":
    sys.exit(main(["compare", *sys.argv[1:]]))
