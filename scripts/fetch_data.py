"""Fetches public data sets into the cache folder: `python scripts/fetch_data.py moses zinc250k`."""

import argparse
import logging
import sys
from pathlib import Path

from molvae.data.sources import SOURCES, fetch
from molvae.errors import MolvaeError


def main() -> None:
    """Fetches the data sets named on the command line, and says where they are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", metavar="NAME", help=f"one of {', '.join(SOURCES)}")
    parser.add_argument("--copy", type=Path, metavar="FILE", help="a copy already on disk (of one data set)")
    arguments = parser.parse_args()
    if arguments.copy is not None and len(arguments.names) > 1:
        parser.error("--copy goes with one data set")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for name in arguments.names:
        try:
            folder = fetch(name, copy_from=arguments.copy)
        except MolvaeError as error:
            sys.exit(f"error: {error}")
        sys.stdout.write(f"{name}: {folder}\n")


if __name__ == "__main__":
    main()
