"""List the public data sets, and fetch one into the cache folder.

Source names, checksums and places are those of `molvae.data.sources`; the cache folder is what the
environment variable MOLVAE_CACHE says, by default that of the user.
"""

import argparse
from pathlib import Path

from molvae.data.shipped import shipped_csv
from molvae.data.sources import fetch, list_sources


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the two actions, `list` and `fetch NAME [--copy FILE]`."""
    actions = parser.add_subparsers(dest="action", metavar="list | fetch", required=True)
    actions.add_parser("list", help="show every data set and how much of it is here")
    fetching = actions.add_parser("fetch", help="fetch one; what is here already is checked and kept")
    fetching.add_argument("name", metavar="NAME", help="a name that `molvae data list` shows")
    fetching.add_argument(
        "--copy", type=Path, metavar="FILE", help="take it from a file that you already have"
    )


def run(arguments: argparse.Namespace) -> None:
    """Prints the table of data sets, or the paths of the files of the one that was fetched."""
    if arguments.action == "list":
        print_sources()
        return
    folder = fetch(arguments.name, copy_from=arguments.copy)
    for path in sorted(folder.iterdir()):
        print(path)


def print_sources() -> None:
    """Prints one line a data set, the shipped one first."""
    path = shipped_csv()
    rows = [(path.stem, path.stat().st_size, "shipped", "10,000 MOSES molecules with logP, QED and SA", path)]
    rows += [(s.name, s.size, s.state, f"{s.description} ({s.licence})", s.path) for s in list_sources()]
    for name, size, state, description, place in rows:
        print(f"{name:<12} {size / 1e6:>6.1f} MB  {state:<14} {description}")
        print(f"{'':<12} {place}")
