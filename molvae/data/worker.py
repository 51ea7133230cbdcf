"""Screening on all cores: worker processes, and the ordered stream of what they find.

A worker is `python -m molvae.data.worker`, talked to over its standard streams. It loads nothing of the
program that started it (as `multiprocessing` would), so it is small, works from a notebook or a script
without a main guard, and ends by itself when its parent is gone, however that went.
"""

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Protocol, TypeVar

from molvae.data.screening import CurationSettings, Screened, screen_texts
from molvae.errors import MolvaeError

#: Fewer rows than this are screened in this process: starting workers would take longer.
MIN_ROWS_FOR_WORKERS = 2000
#: How a worker is started; -P keeps the folder that happens to be the current one out of its imports.
WORKER_COMMAND = (sys.executable, "-P", "-m", "molvae.data.worker")

_CRASHED = Screened("unparseable", "RDKit crashed on it")
_WORKER_GONE = (EOFError, OSError, pickle.UnpicklingError)


class HasSmiles(Protocol):
    """A chunk of rows; only its texts go to a worker."""

    @property
    def smiles(self) -> list[str]:
        """The texts to screen."""
        ...


ChunkT = TypeVar("ChunkT", bound=HasSmiles)


def screen_chunks(
    chunks: Iterable[ChunkT], settings: CurationSettings, num_workers: int | None = None
) -> Iterator[tuple[ChunkT, list[Screened]]]:
    """Each chunk with what became of its rows, in order; a few chunks are under way at any time.

    Args:
        chunks: what to screen; read ahead by at most a few chunks a worker.
        settings: what a molecule must be like.
        num_workers: processes to use, None for one a core; 0 for none beside this one.
    """
    stream = iter(chunks)
    head: list[ChunkT] = []
    num_rows = 0
    while num_rows < MIN_ROWS_FOR_WORKERS and (chunk := next(stream, None)) is not None:
        head.append(chunk)
        num_rows += len(chunk.smiles)
    stream = chain(head, stream)
    if num_workers is None:
        num_workers = num_cores()
    if num_rows < MIN_ROWS_FOR_WORKERS or num_workers == 0:
        return ((chunk, screen_texts(chunk.smiles, settings)) for chunk in stream)
    return _screened_by_workers(stream, settings, num_workers)


def _screened_by_workers(
    chunks: Iterator[ChunkT], settings: CurationSettings, num_workers: int
) -> Iterator[tuple[ChunkT, list[Screened]]]:
    workers = [_Worker(settings) for _ in range(num_workers)]
    idle: SimpleQueue[_Worker] = SimpleQueue()
    for worker in workers:
        idle.put(worker)

    def screen(chunk: ChunkT) -> tuple[ChunkT, list[Screened]]:
        worker = idle.get()
        try:
            return chunk, worker.screen(chunk.smiles)
        finally:
            idle.put(worker)

    executor = ThreadPoolExecutor(num_workers)
    try:
        under_way = deque(executor.submit(screen, chunk) for chunk in islice(chunks, 3 * num_workers))
        while under_way:
            done = under_way.popleft().result()
            under_way.extend(executor.submit(screen, chunk) for chunk in islice(chunks, 1))
            yield done
    finally:
        for worker in workers:
            worker.kill()
        executor.shutdown(cancel_futures=True)
        for worker in workers:
            worker.close()


def num_cores() -> int:
    """How many CPU cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Worker:
    """One worker process, started again when a text crashes it."""

    def __init__(self, settings: CurationSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._killed = False
        self._process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        paths = [path or str(Path.cwd()) for path in sys.path]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}
        return subprocess.Popen(
            WORKER_COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )

    def screen(self, texts: Sequence[str]) -> list[Screened]:
        """What becomes of each text; a text that crashes the worker is unparseable, and harms no other.

        Raises:
            MolvaeError: workers can't be started at all.
        """
        try:
            return self._ask(texts)
        except _WORKER_GONE:
            self._restart()
        found = []
        for text in texts:
            try:
                found += self._ask([text])
            except _WORKER_GONE:
                found.append(_CRASHED)
                self._restart()
        return found

    def _ask(self, texts: Sequence[str]) -> list[Screened]:
        requests, answers = self._process.stdin, self._process.stdout
        assert requests is not None
        assert answers is not None
        pickle.dump((list(texts), self._settings), requests)
        requests.flush()
        rows = pickle.load(answers)  # noqa: S301 - only this program's own worker is at the other end
        return [Screened(*row) for row in rows]

    def _restart(self) -> None:
        self.close()
        with self._lock:
            if self._killed:
                raise MolvaeError("reading molecules was stopped")
            self._process = self._start()
        try:
            self._ask(["C"])
        except _WORKER_GONE as error:
            raise MolvaeError("the processes that read molecules don't start; use num_workers 0") from error

    def kill(self) -> None:
        """Ends the process for good; `close` still has to be called, once nobody waits for an answer."""
        with self._lock:
            self._killed = True
            self._process.kill()

    def close(self) -> None:
        """Ends the process and closes its streams."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            with contextlib.suppress(OSError):  # what was still to be sent to a process that is gone
                stream.close()


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answers requests until their stream ends: what a worker process does."""
    while True:
        try:
            texts, settings = pickle.load(requests)  # noqa: S301 - from the program that started it
        except EOFError:
            return
        pickle.dump([tuple(row) for row in screen_texts(texts, settings)], answers)
        answers.flush()


def main() -> None:
    """Serves on the standard streams; whatever a library prints goes to standard error instead."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
