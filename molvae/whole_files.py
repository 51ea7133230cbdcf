"""Files that are replaced whole or not at all, whatever happens while they are written."""

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from molvae.errors import CheckpointError


def write_whole(contents: Mapping[Path, bytes], *, remedy: str) -> None:
    """Writes files that belong together: all of them beside their places first, then each into its own.

    So a disk that is full leaves every file as it was. A process that dies between two moves leaves some
    files new and some old; the last of `contents` is moved last, and can tell.

    Args:
        contents: what each file is to hold; folders that are missing are made.
        remedy: the end of the message if that fails: what is still good, and what to do.

    Raises:
        CheckpointError: if a file can't be written, on a full disk for instance.
    """
    partials = {path: path.with_name(f".{path.name}.partial") for path in contents}
    try:
        for path, content in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with partials[path].open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        for path, partial in partials.items():
            partial.replace(path)
    except OSError as error:
        raise CheckpointError(
            f'"{path}" could not be written ({error.strerror or error}); {remedy}'
        ) from error
    finally:
        for partial in partials.values():
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
