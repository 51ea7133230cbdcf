"""The folder of a run: taken once, never overwritten without being told, resumed by the same run alone.

`run.json` in it says what was asked for. It is written first, so a run that is killed at any later moment
can be resumed. While a process works in it, no other may; where the system has no locks, nobody looks.
"""

import json
import os
import shutil
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from molvae.errors import InputError, OutputExistsError, SettingsError

RUN_FILE = "run.json"
_PARTIAL = f".{RUN_FILE}.partial"


class _Lock:
    """Keeps folders for this process, each once, until it is left; where there are no locks it keeps none."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, int], int] = {}

    def take(self, out: Path) -> None:
        """Keeps a folder that is there. Raises OutputExistsError if another process does."""
        status = out.stat()
        folder = (status.st_dev, status.st_ino)
        if sys.platform == "win32" or folder in self._kept:
            return
        import fcntl

        descriptor = os.open(out, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            if isinstance(error, BlockingIOError):
                raise OutputExistsError(
                    f'another process works in "{out}": wait until it ends, or give another folder'
                ) from None
        else:
            self._kept[folder] = descriptor

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for descriptor in self._kept.values():
            os.close(descriptor)


@contextmanager
def claim_folder(
    out: Path, record: Mapping[str, Any], *, may_change: Collection[str], resume: bool, overwrite: bool
) -> Iterator[None]:
    """A context manager that makes a run's folder, or makes sure that the one there is of the same run.

    Until it ends no other process may claim the folder. Arguments and errors are those of `record_run`.

    Raises:
        OutputExistsError: also if another process works in it.
    """
    with _Lock() as lock:
        if (out / RUN_FILE).is_file():
            lock.take(out)
        record_run(out, record, may_change=may_change, resume=resume, overwrite=overwrite)
        lock.take(out)
        yield


def record_run(
    out: Path, record: Mapping[str, Any], *, may_change: Collection[str], resume: bool, overwrite: bool
) -> None:
    """Makes a run's folder, or makes sure that the one there is of the same run.

    Args:
        out: the folder.
        record: what was asked for, as JSON values; tables in it are compared entry by entry.
        may_change: names of entries in which a resumed run may differ: `budget`, or `training.max_steps` of
            a table, or a whole table.
        resume: go on with the run in `out`, if there is one.
        overwrite: delete the run in `out` first, whatever `resume` says.

    Raises:
        OutputExistsError: if `out` is taken and neither `resume` nor `overwrite` is set, or holds no run.
        SettingsError: if the run in `out` was another one.
        InputError: if its record is damaged.
    """
    run_file = out / RUN_FILE
    if resume and not overwrite and (before := read_record(out)) is not None:
        _compare(out, before, record, may_change)
    elif _is_taken(out):
        if resume and not overwrite:
            raise OutputExistsError(f'"{out}" holds no run that could be gone on with; give another folder')
        if not overwrite:
            check_free(out)
        if not run_file.is_file():
            raise OutputExistsError(f'"{out}" is not the folder of a run, so it is not deleted; give another')
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)
    partial = out / _PARTIAL
    partial.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    partial.replace(run_file)


def read_record(out: Path) -> dict[str, Any] | None:
    """What the run in a folder was asked for; None where there is no run.

    Raises:
        InputError: its record is damaged.
    """
    run_file = out / RUN_FILE
    if not run_file.is_file():
        return None
    try:
        record = json.loads(run_file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise _damaged(run_file) from error
    if not isinstance(record, dict):
        raise _damaged(run_file)
    return record


def _damaged(run_file: Path) -> InputError:
    return InputError(f'"{run_file}" is damaged: start again with --overwrite')


def check_free(out: Path) -> None:
    """Makes sure that a folder for a new run is empty or not there yet.

    Raises:
        OutputExistsError: it is taken.
    """
    if _is_taken(out):
        raise OutputExistsError(
            f'"{out}" exists and is not empty; give another folder, or --overwrite, or --resume to go on '
            "with the run in it"
        )


def _is_taken(out: Path) -> bool:
    return out.exists() and (not out.is_dir() or bool({path.name for path in out.iterdir()} - {_PARTIAL}))


def _compare(
    out: Path, before: Mapping[str, Any], after: Mapping[str, Any], may_change: Collection[str]
) -> None:
    old, new = _flat(before), _flat(after)
    for name, value in new.items():
        table, _, entry = name.partition(".")
        if name in may_change or table in may_change or value == old.get(name):
            continue
        if name not in old and (not entry or isinstance(before.get(table), Mapping)):
            raise SettingsError(
                f'the run in "{out}" was made without {entry or name}, now "{_short(value)}"; leave that out '
                "to resume it, or give another folder"
            )
        raise SettingsError(
            f'the run in "{out}" had another {entry or name} ("{_short(old.get(name))}", now '
            f'"{_short(value)}"); repeat its settings to resume it, or give another folder'
        )


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """The entries of a record, those of its tables among them, as `table.entry`."""
    entries: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, Mapping):
            entries |= {f"{name}.{key}": inner for key, inner in value.items()}
        else:
            entries[name] = value
    return entries


def _short(value: Any, limit: int = 60) -> str:
    text = str(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."
