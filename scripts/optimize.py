"""Searches for better molecules: `python scripts/optimize.py my_model --maximize QED --out better`.

The same as `molvae optimize`.
"""

import sys

from molvae.cli import main

if __name__ == "__main__":
    sys.exit(main(["optimize", *sys.argv[1:]]))
