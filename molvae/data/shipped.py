"""The data that comes with molvae: where it is, in a clone and in an installed package."""

from importlib.resources import files
from pathlib import Path

from molvae.errors import MissingFileError

SHIPPED_CSV = "moses_10k.csv"

# Where the package's build puts the clone's `data/` folder, inside `molvae`.
INSTALLED_FOLDER = "shipped_data"


def shipped_csv() -> Path:
    """Returns the CSV of 10,000 MOSES molecules with columns smiles, logP, QED, SA.

    It is in `data/` of a clone, and in `molvae/shipped_data/` of an installed package.

    Raises:
        MissingFileError: it is in neither, so the installation is damaged.
    """
    package = Path(str(files("molvae")))
    candidates = [package / INSTALLED_FOLDER / SHIPPED_CSV, package.parent / "data" / SHIPPED_CSV]
    for path in candidates:
        if path.is_file():
            return path
    raise MissingFileError(f'the shipped "{SHIPPED_CSV}" is not in "{package}": reinstall molvae')
