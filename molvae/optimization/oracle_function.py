"""A user's Python function as an oracle: it runs in a process of its own, which no crash or hang outlives."""

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO

from molvae.errors import SettingsError
from molvae.optimization.oracle_process import Columns, OracleFailedError, end_process, open_process

#: Seconds that a function's module may take to be imported; some load a network.
START_TIMEOUT = 300.0


class FunctionProcess:
    """An `OracleProcess` that stays, with the function loaded, and is started again after a crash or a hang.

    Args:
        where: `MODULE:FUNCTION` or `FILE.py:FUNCTION`.
        folder: where it runs: relative paths and modules are looked for there.
    """

    def __init__(self, where: str, folder: Path) -> None:
        self._where = where
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None
        self._lines: SimpleQueue[str] = SimpleQueue()
        self._is_closed, self._has_loaded = False, False

    def start(self) -> None:
        """Starts the process and waits until the function is loaded.

        Raises:
            SettingsError: the function can't be loaded.
        """
        command = (sys.executable, "-P", "-m", "molvae.optimization.oracle_worker", self._where)
        self._process = open_process(command, self._folder, None)
        self._lines = SimpleQueue()
        assert self._process.stdout is not None
        threading.Thread(target=_read_lines, args=(self._process.stdout, self._lines), daemon=True).start()
        try:
            self._answer(START_TIMEOUT)
        except OracleFailedError as error:
            self._end()
            raise SettingsError(f'the oracle "{self._where}" can\'t be loaded: {error}') from error
        self._has_loaded = True

    def ask(self, smiles: Sequence[str], timeout: float) -> Columns:
        """What the function makes of molecules.

        Raises:
            OracleFailedError: it gives no answer, or can't be loaded again.
            SettingsError: it can't be loaded at first.
        """
        if self._is_closed:
            raise OracleFailedError("it was ended")
        if self._process is None:
            try:
                self.start()
            except SettingsError as error:
                if not self._has_loaded:
                    raise
                raise OracleFailedError(str(error)) from error
        assert self._process is not None
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # a process that is gone gives no answer, and that is told below
            self._process.stdin.write(json.dumps(list(smiles)) + "\n")
            self._process.stdin.flush()
        return self._answer(timeout)

    def close(self) -> None:
        """Ends the process."""
        self._is_closed = True
        self._end()

    def _answer(self, timeout: float) -> Columns:
        """The next answer; a process that gives none is ended."""
        try:
            line = self._lines.get(timeout=timeout)
        except Empty:
            self._end()
            raise OracleFailedError(f"no answer in {timeout:g} s") from None
        if not line:
            raise OracleFailedError(f"its process ended with exit code {self._end()}")
        answer = json.loads(line)
        if "error" in answer:
            raise OracleFailedError(answer["error"])
        columns: Columns = answer["columns"]
        return columns

    def _end(self) -> int | None:
        process, self._process = self._process, None
        if process is None:
            return None
        code = end_process(process)
        assert process.stdin is not None
        with contextlib.suppress(OSError):  # what was still to be sent
            process.stdin.close()
        return code


def _read_lines(stream: IO[str], lines: "SimpleQueue[str]") -> None:
    """Puts the lines of a stream in a queue, and "" when it ends."""
    with stream:
        for line in stream:
            lines.put(line)
    lines.put("")
