"""Compares a VAE with AEs, as `molvae compare` does: `python scripts/compare.py --data FILE --out DIR`."""

import sys

from molvae.cli import main

if __name__ == "__main__":
    sys.exit(main(["compare", *sys.argv[1:]]))
