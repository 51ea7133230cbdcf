"""A user's own oracle, a Python function or a program: SMILES in, columns of numbers and reasons out.

It runs in other processes, a batch at a time. A batch that fails is asked for again molecule by molecule, so
that one that raises, crashes or hangs spoils no other, and has the reason why it has no values.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np

from molvae.errors import SettingsError
from molvae.interfaces import FloatArray
from molvae.optimization.oracle_function import FunctionProcess
from molvae.optimization.oracle_process import Columns, OracleFailedError, OracleProcess
from molvae.optimization.oracle_program import Program
from molvae.settings import unknown


@dataclass(frozen=True, kw_only=True)
class OracleSettings:
    """A user's own oracle: either a Python function or a program.

    Attributes:
        python: `MODULE:FUNCTION` or `FILE.py:FUNCTION`; the function takes a list of SMILES and returns a
            list of numbers, the column "score", or a dict of such lists.
        command: a program that reads SMILES, one a line, and writes a CSV whose first line names its columns.
        timeout: seconds for a batch; after a failed batch, for a molecule.
        batch: molecules given to it at a time.
        workers: processes at a time, each with its own batch.
    """

    python: str | None = None
    command: str | None = None
    timeout: float = 60.0
    batch: int = 32
    workers: int = 1

    def __post_init__(self) -> None:
        if (self.python is None) == (self.command is None):
            raise SettingsError(
                f'an oracle has python = "{self.python or ""}" and command = "{self.command or ""}"; '
                "give just one of the two"
            )
        if self.timeout <= 0:
            raise SettingsError(f'timeout is "{self.timeout:g}"; it must be above 0 seconds')
        for name, value in {"batch": self.batch, "workers": self.workers}.items():
            if value < 1:
                raise SettingsError(f'{name} is "{value}"; it must be at least 1')

    def process(self, folder: Path) -> OracleProcess:
        """A process of the oracle, not started yet."""
        if self.python is not None:
            return FunctionProcess(self.python, folder)
        return Program(self.command or "", folder)


class Answers(NamedTuple):
    """What an oracle says of `B` molecules.

    Attributes:
        columns: by name, each `(B,)`, NaN where there is no value.
        reasons: why a molecule has no values at all; "" for one that has.
    """

    columns: dict[str, FloatArray]
    reasons: list[str]


class PluginOracle:
    """A user's oracle with its processes; a context manager that ends them.

    Args:
        settings: which one, and how it is asked.
        folder: where it runs.
        columns: the names of columns that it must give.

    Raises:
        SettingsError: it can't be loaded or found.
    """

    def __init__(self, settings: OracleSettings, folder: Path, columns: Sequence[str]) -> None:
        self._settings = settings
        self._wanted = columns
        self._processes = [settings.process(folder) for _ in range(settings.workers)]
        self._processes[0].start()
        self._idle: SimpleQueue[OracleProcess] = SimpleQueue()
        for process in self._processes:
            self._idle.put(process)
        self._executor = ThreadPoolExecutor(settings.workers)

    def __call__(self, smiles: Sequence[str]) -> Answers:
        """What the oracle says of molecules.

        Raises:
            SettingsError: it gives no column of a wanted name, or can't be started again.
        """
        share = -(-len(smiles) // self._settings.workers)
        size = max(1, min(self._settings.batch, share))
        batches = [smiles[start : start + size] for start in range(0, len(smiles), size)]
        rows = [row for answered in self._executor.map(self._ask, batches) for row in answered]
        names = list(dict.fromkeys(name for columns, _ in rows for name in columns))
        return Answers(
            columns={
                name: np.array([columns.get(name, np.nan) for columns, _ in rows], dtype=np.float64)
                for name in (*self._wanted, *names)
            },
            reasons=[reason for _, reason in rows],
        )

    def _ask(self, smiles: Sequence[str]) -> list[tuple[dict[str, float], str]]:
        """The values by column of each molecule, and why it has none."""
        process = self._idle.get()
        try:
            return self._ask_process(process, smiles)
        finally:
            self._idle.put(process)

    def _ask_process(
        self, process: OracleProcess, smiles: Sequence[str]
    ) -> list[tuple[dict[str, float], str]]:
        try:
            columns = process.ask(smiles, self._settings.timeout)
        except OracleFailedError as failure:
            if len(smiles) == 1:
                return [({}, str(failure))]
            return [row for text in smiles for row in self._ask_process(process, [text])]
        self._check(columns)
        return [
            ({name: column[place] for name, column in columns.items()}, "") for place in range(len(smiles))
        ]

    def _check(self, columns: Columns) -> None:
        for name in self._wanted:
            if name not in columns:
                told = self._settings.python or self._settings.command
                raise SettingsError(f'the oracle "{told}": {unknown("column", name, columns)}')

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.close()
        self._executor.shutdown(cancel_futures=True)
