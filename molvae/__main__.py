"""``python -m molvae`` is the command line."""

import sys

from molvae.cli import main

if __name__ == "__main__":
    sys.exit(main())
