"""What it is to score molecules in another process: SMILES in, columns of numbers out, in a given time.

When the time is over, or the search is, a process is ended with all that it has started itself.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

Columns = dict[str, list[float]]


def number_in(text: str | None) -> float:
    """The number that a text is; NaN for none, and for any other text."""
    try:
        return float(text or "nan")
    except ValueError:
        return float("nan")


class OracleFailedError(Exception):
    """The oracle gave no numbers for a list of molecules; the message says why, in a few words."""


class OracleProcess(Protocol):
    """Something in another process that scores molecules."""

    def start(self) -> None:
        """Makes sure that it can be asked. Raises SettingsError if not."""
        ...

    def ask(self, smiles: Sequence[str], timeout: float) -> Columns:
        """Columns of `B` numbers for `B` molecules, in `timeout` seconds. Raises OracleFailedError."""
        ...

    def close(self) -> None:
        """Ends what runs, for good."""
        ...


def open_process(command: Sequence[str], folder: Path, complaints: int | None) -> "subprocess.Popen[str]":
    """A new process in a group of its own, with pipes for input and output.

    Args:
        command: the program and its arguments.
        folder: where it runs.
        complaints: where its standard error goes, as `subprocess` has it; None for that of this process.
    """
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=complaints,
        cwd=folder,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )


def end_process(process: "subprocess.Popen[str]") -> int:
    """The exit code of a process, which is ended with its group if it still runs."""
    if process.poll() is None:
        if sys.platform == "win32":
            process.kill()
        else:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return process.wait()
