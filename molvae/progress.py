"""How far a long job is: a bar in a terminal, log lines every so often elsewhere, nothing when quiet.

Only this module draws bars. It says something while the logger "molvae" lets INFO through, which the
command line arranges (and ``--quiet`` undoes), so the same code used as a library stays silent.
"""

import logging
import sys
import time
from collections.abc import Iterable, Iterator, Sized
from datetime import timedelta
from types import TracebackType
from typing import Any, Self, TypeVar

from tqdm import tqdm

logger = logging.getLogger(__name__)
Item = TypeVar("Item")

LINE_SECONDS = 15.0
"""Seconds between two log lines where there is no terminal."""


class Progress:
    """A context manager that is told of each step done, and shows it with a few facts.

    >>> with Progress(total=100, label="training") as bar:
    ...     bar.update(50, loss=12.5)
    """

    def __init__(self, total: int | None = None, label: str = "") -> None:
        self._total = total
        self._label = label or "progress"
        self._done = 0
        self._facts: dict[str, str] = {}
        self._started = self._last_line = time.monotonic()
        self._bar: tqdm[Any] | None = None

    def __enter__(self) -> Self:
        self._started = self._last_line = time.monotonic()
        if logger.isEnabledFor(logging.INFO) and sys.stderr.isatty():
            self._bar = tqdm(total=self._total, desc=self._label, file=sys.stderr, dynamic_ncols=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()
        elif self._last_line > self._started:
            self._log_line()

    def update(self, num_done: int = 1, **facts: float | str) -> None:
        """Counts `num_done` more steps; the facts (`loss=12.5`) stay shown until they change."""
        self._done += num_done
        self._facts |= {name: _shown(value) for name, value in facts.items()}
        if self._bar is not None:
            self._bar.set_postfix(self._facts, refresh=False)
            self._bar.update(num_done)
        elif time.monotonic() - self._last_line >= LINE_SECONDS:
            self._last_line = time.monotonic()
            self._log_line()

    def _log_line(self) -> None:
        rate = self._done / max(time.monotonic() - self._started, 1e-9)
        parts = [str(self._done)]
        if self._total:
            parts = [f"{self._done}/{self._total} ({self._done / self._total:.0%})"]
        parts.append(f"{rate:.3g}/s")
        if self._total and rate and self._done < self._total:
            parts.append(f"{timedelta(seconds=round((self._total - self._done) / rate))} left")
        parts += [f"{name} {value}" for name, value in self._facts.items()]
        logger.info("%s: %s", self._label, ", ".join(parts))


def progress(iterable: Iterable[Item], total: int | None = None, label: str = "") -> Iterator[Item]:
    """The items of the iterable, each counted when the next is asked for; `total` is its length by default.

    >>> sum(progress([1, 2, 3], label="adding"))
    6
    """
    if total is None and isinstance(iterable, Sized):
        total = len(iterable)
    with Progress(total, label) as bar:
        for item in iterable:
            yield item
            bar.update()


class LineHandler(logging.Handler):
    """Writes log records to stderr, one line each, above a bar that is being drawn."""

    def emit(self, record: logging.LogRecord) -> None:
        """Writes one record."""
        try:
            tqdm.write(self.format(record), file=sys.stderr)
        except (OSError, ValueError):
            self.handleError(record)


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.4g}"
