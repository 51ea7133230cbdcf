"""Where molvae keeps what it fetches or computes and could fetch or compute again."""

import os
import sys
from pathlib import Path

CACHE_VARIABLE = "MOLVAE_CACHE"


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
