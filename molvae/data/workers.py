"""Chemistry on all cores: worker processes, and the ordered stream of what they return.

A worker is `python -m molvae.data.workers`, talked to over its standard streams. It loads nothing of the
program that started it (as `multiprocessing` would), so it is small, works from a notebook or a script
without a main guard, and ends by itself when its parent is gone, however that went.

A task turns a list into a list of the same length, item by item. An item that crashes a worker gets the
task's value for that, and harms no other. `molvae.data.bulk` puts these tasks to use.
"""

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import IO, Any, Literal, NamedTuple, Self, TypeVar

import numpy as np

from molvae.chem.filters import passes_filters
from molvae.chem.fingerprints import morgan_bits
from molvae.chem.molecules import canonical_or_empty, parse_smiles
from molvae.chem.notation import (
    constraints_in_force,
    is_faithful,
    other_writings,
    read_canonical,
    selfies_to_smiles,
    set_constraints,
)
from molvae.chem.properties import compute_properties
from molvae.chem.traits import traits_of_each
from molvae.data.screening import Screened, screen_texts
from molvae.errors import MoleculeError, MolvaeError, SettingsError

TaskName = Literal[
    "screen",
    "decode",
    "check",
    "canonical",
    "writings",
    "properties",
    "fingerprints",
    "canonicalize",
    "traits",
    "filters",
]

#: How a worker is started; -P keeps the folder that happens to be the current one out of its imports.
WORKER_COMMAND = (sys.executable, "-P", "-m", "molvae.data.workers")

_Item = TypeVar("_Item")
_NO_MORE = object()
_WORKER_GONE = (EOFError, OSError, pickle.UnpicklingError)


def decode_selfies(selfies: Sequence[str]) -> list[str]:
    """Canonical SMILES of each SELFIES, "" for one that stands for no molecule."""
    return [_decoded(text) for text in selfies]


def _decoded(selfies: str) -> str:
    try:
        return selfies_to_smiles(selfies)
    except MoleculeError:
        return ""


def decode_and_check(selfies: Sequence[str]) -> list[tuple[str, bool]]:
    """As `decode_selfies`, and whether each SELFIES was read as it stands (`is_faithful`)."""
    return [(smiles, smiles != "" and is_faithful(text)) for text in selfies for smiles in [_decoded(text)]]


def _canonical_ones(selfies: Sequence[str]) -> list[tuple[str, str]]:
    """Each SELFIES that is canonical and its SMILES (`read_canonical`); two "" in the place of the others."""
    return [(text, smiles) if (smiles := read_canonical(text)) else ("", "") for text in selfies]


def _writings(smiles: Sequence[str], num_writings: int) -> list[list[str]]:
    """Further SELFIES of each canonical SMILES (`other_writings`); none of one that can't be parsed."""
    return [_writings_or_none(text, num_writings) for text in smiles]


def _writings_or_none(smiles: str, num_writings: int) -> list[str]:
    try:
        return other_writings(smiles, num_writings)
    except MoleculeError:
        return []


class _Task(NamedTuple):
    """What a worker does with a list (and further arguments), and what a crashing item gets."""

    function: Callable[..., list[Any]]
    crashed: Callable[..., Any]


def _property_rows(smiles: Sequence[str], names: Sequence[str]) -> list[list[float]]:
    return compute_properties(smiles, names).tolist()


def _fingerprint_rows(smiles: Sequence[str], num_bits: int) -> list[bytes]:
    """Morgan bits of radius 2 of each SMILES, eight a byte; none set for one that can't be parsed."""
    return [_packed_bits(text, num_bits) for text in smiles]


def _packed_bits(smiles: str, num_bits: int) -> bytes:
    try:
        return np.packbits(morgan_bits([parse_smiles(smiles)], num_bits=num_bits)).tobytes()
    except MoleculeError:
        return bytes(num_bits // 8)


def _canonical_texts(smiles: Sequence[str]) -> list[str]:
    """Canonical SMILES of each SMILES, "" for one that can't be parsed."""
    return [canonical_or_empty(text) for text in smiles]


def _filter_verdicts(smiles: Sequence[str]) -> list[bool]:
    """Whether each SMILES passes the MOSES filters; one that can't be parsed doesn't."""
    return [_passes(text) for text in smiles]


def _passes(smiles: str) -> bool:
    try:
        return passes_filters(parse_smiles(smiles))
    except MoleculeError:
        return False


TASKS: dict[TaskName, _Task] = {
    "screen": _Task(screen_texts, lambda _settings: Screened("unparseable", "RDKit crashed on it")),
    "decode": _Task(decode_selfies, lambda: ""),
    "check": _Task(decode_and_check, lambda: ("", False)),
    "canonical": _Task(_canonical_ones, lambda: ("", "")),
    "writings": _Task(_writings, lambda _num_writings: []),
    "properties": _Task(_property_rows, lambda names: [float("nan")] * len(names)),
    "fingerprints": _Task(_fingerprint_rows, lambda num_bits: bytes(num_bits // 8)),
    "canonicalize": _Task(_canonical_texts, lambda: ""),
    "traits": _Task(traits_of_each, lambda _names: None),
    "filters": _Task(_filter_verdicts, lambda: False),
}


class WorkerPool:
    """So many worker processes; a context manager that ends them.

    Args:
        num_workers: processes, None for one a core; 0 does the work in this process.

    Raises:
        SettingsError: `num_workers` is below 0.
    """

    def __init__(self, num_workers: int | None = None) -> None:
        count = num_cores() if num_workers is None else num_workers
        if count < 0:
            raise SettingsError(f'num_workers is "{count}"; it must be 0 or more')
        self._workers = [_Worker() for _ in range(count)]
        self._idle: SimpleQueue[_Worker] = SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)
        self._executor = ThreadPoolExecutor(max(count, 1))

    @property
    def num_workers(self) -> int:
        """How many processes there are; 0 if all is done in this one."""
        return len(self._workers)

    def stream(self, task: TaskName, chunks: Iterable[Sequence[Any]], *arguments: Any) -> Iterator[list[Any]]:
        """What the task makes of each chunk, in order; chunks are read ahead by a few a worker.

        Args:
            task: a name of `TASKS`.
            chunks: lists of items.
            arguments: given to the task after the list.

        Raises:
            MolvaeError: what the task raised, or workers can't be started at all.
        """
        if not self._workers:
            yield from (TASKS[task].function(chunk, *arguments) for chunk in chunks)
            return
        under_way: deque[Future[list[Any]]] = deque()
        stream = iter(chunks)
        for chunk in islice(stream, 2 * len(self._workers) + 1):
            under_way.append(self._executor.submit(self._run, task, chunk, arguments))
        while under_way:
            found = under_way.popleft().result()
            if (following := next(stream, None)) is not None:
                under_way.append(self._executor.submit(self._run, task, following, arguments))
            yield found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.kill()
        self._executor.shutdown(cancel_futures=True)
        for worker in self._workers:
            worker.close()

    def _run(self, task: TaskName, chunk: Sequence[Any], arguments: tuple[Any, ...]) -> list[Any]:
        worker = self._idle.get()
        try:
            return worker.run(task, chunk, arguments)
        finally:
            self._idle.put(worker)


def made_ahead(items: Iterator[_Item], num_ahead: int = 2) -> Iterator[_Item]:
    """The same items, made in a thread beside whoever uses them, so many ahead.

    That helps where making and using leave Python, as torch's products and waiting for workers do.

    >>> list(made_ahead(iter("abc")))
    ['a', 'b', 'c']
    """
    thread = ThreadPoolExecutor(1)
    try:
        waiting = deque(thread.submit(next, items, _NO_MORE) for _ in range(num_ahead))
        while (item := waiting.popleft().result()) is not _NO_MORE:
            waiting.append(thread.submit(next, items, _NO_MORE))
            yield item  # type: ignore[misc]
    finally:
        thread.shutdown(cancel_futures=True)


def num_cores() -> int:
    """How many CPU cores this process may use."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(available, *_most_cores) if _most_cores else available


def use_cores(count: int) -> None:
    """Lets this process use no more than so many cores from now on, where others of its kind use the rest."""
    _most_cores[:] = [count]


#: What `use_cores` was given, if it was.
_most_cores: list[int] = []


class _Worker:
    """One worker process, started again when an item crashes it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._killed = False
        self._process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        paths = [path or str(Path.cwd()) for path in sys.path]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}
        return subprocess.Popen(
            WORKER_COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )

    def run(self, task: TaskName, chunk: Sequence[Any], arguments: tuple[Any, ...]) -> list[Any]:
        """What the task makes of a chunk, item by item once an item of it crashes the process."""
        try:
            return self._ask(task, chunk, arguments)
        except _WORKER_GONE:
            self._restart()
        found: list[Any] = []
        for item in chunk:
            try:
                found += self._ask(task, [item], arguments)
            except _WORKER_GONE:
                found.append(TASKS[task].crashed(*arguments))
                self._restart()
        return found

    def _ask(self, task: TaskName, chunk: Sequence[Any], arguments: tuple[Any, ...]) -> list[Any]:
        requests, answers = self._process.stdin, self._process.stdout
        assert requests is not None
        assert answers is not None
        pickle.dump((task, list(chunk), arguments, constraints_in_force()), requests)
        requests.flush()
        answer: list[Any] | MolvaeError
        answer = pickle.load(answers)  # noqa: S301 - from this program's own worker
        if isinstance(answer, MolvaeError):
            raise answer
        return answer

    def _restart(self) -> None:
        self.close()
        with self._lock:
            if self._killed:
                raise MolvaeError("the worker processes were stopped")
            self._process = self._start()
        try:
            self._ask("decode", ["[C]"], ())
        except _WORKER_GONE as error:
            raise MolvaeError("the worker processes don't start; ask for 0 of them") from error

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
            task, chunk, arguments, constraints = pickle.load(requests)  # noqa: S301 - from the program that started it
        except EOFError:
            return
        answer: list[Any] | MolvaeError
        if constraints != constraints_in_force():
            set_constraints(constraints)
        try:
            answer = TASKS[task].function(chunk, *arguments)
        except MolvaeError as error:
            answer = error
        pickle.dump(answer, answers)
        answers.flush()


def main() -> None:
    """Serves on the standard streams; whatever a library prints goes to standard error instead."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
