"""Where molvae keeps what it fetches or computes and could fetch or compute again."""

import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

CACHE_VARIABLE = "MOLVAE_CACHE"

#: Folders that are being filled; each is renamed when it is complete.
PART_PATTERNS = (
    "curated-*.part",
    "tokens-*.part",
    "writings-*.part",
    "fingerprints-*.part",
    "reference-*.part",
)
#: One that has not changed for so long was left behind by a run that was killed.
STALE_SECONDS = 24 * 60 * 60


def cache_folder() -> Path:
    """Returns the cache folder, which need not exist yet.

    It is what `MOLVAE_CACHE` says; else `molvae` in the user's own cache: `XDG_CACHE_HOME` or `~/.cache`,
    on Windows `LOCALAPPDATA`. A variable that is set but empty counts as not set.
    """
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    variable = "LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME"
    parent = os.environ.get(variable)
    return Path(parent) / "molvae" if parent else Path.home() / ".cache" / "molvae"


def remove_stale_parts(cache_dir: Path) -> None:
    """Deletes the unfinished folders in a cache folder in which nothing has changed for a day."""
    oldest = time.time() - STALE_SECONDS
    for part in [path for pattern in PART_PATTERNS for path in cache_dir.glob(pattern)]:
        with contextlib.suppress(OSError):  # another process may be quicker
            if all(path.stat().st_mtime < oldest for path in (part, *part.iterdir())):
                shutil.rmtree(part, ignore_errors=True)


def fill_folder(folder: Path, last: str, fill: Callable[[Path], None]) -> None:
    """Fills a folder of the cache, unless that is done: it gets its name when it is complete.

    Args:
        folder: which.
        last: the name of a file that a complete one holds.
        fill: writes the files into the folder that it is given.
    """
    if (folder / last).is_file():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", suffix=".part", dir=folder.parent))
    try:
        fill(part)
        _publish(part, folder, last)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _publish(part: Path, folder: Path, last: str) -> None:
    """Gives a finished folder its name, unless another process did meanwhile: theirs is the same."""
    if (folder / last).is_file():
        return
    shutil.rmtree(folder, ignore_errors=True)
    try:
        part.rename(folder)
    except OSError:
        if not (folder / last).is_file():
            raise
