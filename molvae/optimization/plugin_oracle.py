"""A user's own oracle, a Python function or a program: SMILES in, columns of numbers and reasons out.

It runs in other processes, a batch at a time, and each answer is handed on as soon as it is there. A batch
that fails is asked for again molecule by molecule, so that one that raises, crashes or hangs spoils no other,
and has the reason why it has no values.
"""

import logging
from collections.abc import Iterator, Sequence
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

logger = logging.getLogger(__name__)

#: So many failures one after another are told.
FAILURES_TO_TELL = (10, 100, 1_000, 10_000)


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


class _Answered(NamedTuple):
    """Places among the molecules that were asked about; the values by column of each, and why it has none."""

    places: list[int]
    rows: list[tuple[dict[str, float], str]]


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
        self._told = settings.python or settings.command
        self._has_answered, self._num_failing = False, 0

    def __call__(self, smiles: Sequence[str]) -> Answers:
        """What the oracle says of molecules, all at once. Raises SettingsError as `parts` does."""
        rows: dict[int, tuple[dict[str, float], str]] = {}
        for answered in self._answered(smiles):
            rows.update(zip(answered.places, answered.rows, strict=True))
        return self._answers([rows[place] for place in range(len(smiles))])

    def parts(self, smiles: Sequence[str]) -> Iterator[tuple[list[int], Answers]]:
        """Places among molecules and what the oracle says of those, in the order in which it answers.

        Raises:
            SettingsError: its first answer has no column of a wanted name.
        """
        for answered in self._answered(smiles):
            yield answered.places, self._answers(answered.rows)

    def _answered(self, smiles: Sequence[str]) -> Iterator[_Answered]:
        """What comes of molecules, in the order in which it does. Raises SettingsError as `parts` does."""
        share = -(-len(smiles) // self._settings.workers)
        size = max(1, min(self._settings.batch, share))
        answered: SimpleQueue[_Answered | Exception] = SimpleQueue()
        futures = [
            self._executor.submit(
                self._ask, list(range(start, min(start + size, len(smiles)))), smiles, answered
            )
            for start in range(0, len(smiles), size)
        ]
        num_missing = len(smiles)
        try:
            while num_missing:
                found = answered.get()
                if isinstance(found, Exception):
                    raise found
                num_missing -= len(found.places)
                self._warn_of_failures(found.rows)
                yield found
        finally:
            for future in futures:
                future.cancel()  # where nobody waits for the others any more

    def _warn_of_failures(self, rows: Sequence[tuple[dict[str, float], str]]) -> None:
        """Says when an oracle fails molecule after molecule, as one that is out of order does."""
        for _, reason in rows:
            self._num_failing = self._num_failing + 1 if reason else 0
            if reason and self._num_failing in FAILURES_TO_TELL:
                logger.warning(
                    'the oracle "%s" has failed on %s molecules running: %s',
                    self._told,
                    f"{self._num_failing:,}",
                    reason,
                )

    def _answers(self, rows: Sequence[tuple[dict[str, float], str]]) -> Answers:
        """Answers as columns; an infinite number, as a failed docking may give, is no value."""
        names = list(dict.fromkeys(name for values, _ in rows for name in values))
        columns = {
            name: np.array([values.get(name, np.nan) for values, _ in rows], dtype=np.float64)
            for name in (*self._wanted, *names)
        }
        return Answers(
            columns={name: np.where(np.isinf(column), np.nan, column) for name, column in columns.items()},
            reasons=[reason for _, reason in rows],
        )

    def _ask(
        self, places: list[int], smiles: Sequence[str], answered: "SimpleQueue[_Answered | Exception]"
    ) -> None:
        """Has one process answer for a batch; what comes of it, or goes wrong, is put into the queue."""
        process = self._idle.get()
        try:
            self._ask_process(process, places, smiles, answered)
        except Exception as error:  # noqa: BLE001  it is raised again where the answer is waited for
            answered.put(error)
        finally:
            self._idle.put(process)

    def _ask_process(
        self,
        process: OracleProcess,
        places: list[int],
        smiles: Sequence[str],
        answered: "SimpleQueue[_Answered | Exception]",
    ) -> None:
        try:
            columns = process.ask([smiles[place] for place in places], self._settings.timeout)
            self._check(columns)
        except OracleFailedError as failure:
            if len(places) == 1:
                answered.put(_Answered(places, [({}, str(failure))]))
                return
            for place in places:
                self._ask_process(process, [place], smiles, answered)
            return
        values = [{name: column[row] for name, column in columns.items()} for row in range(len(places))]
        answered.put(_Answered(places, [(row, "") for row in values]))

    def _check(self, columns: Columns) -> None:
        """Makes sure of the wanted columns: where they were there before, what lacks one has failed."""
        for name in self._wanted:
            if name not in columns:
                lacking = unknown("column", name, columns)
                if self._has_answered or not columns:
                    raise OracleFailedError(lacking)
                raise SettingsError(f'the oracle "{self._told}": {lacking}')
        self._has_answered = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.close()
        self._executor.shutdown(cancel_futures=True)
