"""Jobs in, what a function makes of each out, as they finish: some at a time, each in a process of its own.

A process has one torch thread, and takes its share of the cores for what it starts itself. It ends at once
when the others are to end, or when the program that started it is gone, however that went: what a job is to
go on from later, it keeps on disk.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from typing import Any, TypeVar

import torch

from molvae.data.workers import num_cores, use_cores
from molvae.errors import MolvaeError

JobT = TypeVar("JobT")
SharedT = TypeVar("SharedT")
FoundT = TypeVar("FoundT")


def side_by_side(
    function: Callable[[JobT, SharedT], FoundT],
    jobs: Sequence[JobT],
    shared: SharedT,
    num_workers: int | None,
) -> Generator[FoundT, None, None]:
    """Yields what the function makes of each job, in the order in which they finish.

    Closed early, it ends the jobs that are under way.

    Args:
        function: of a module, so that another process finds it by its name.
        jobs: its first argument, one after another.
        shared: its second argument, which each process is given once.
        num_workers: jobs at a time; None for one a core, 0 for one after another in this process.

    Raises:
        MolvaeError: a process ended unexpectedly; or what the function raised.
    """
    count = min(len(jobs), num_cores() if num_workers is None else num_workers)
    if count == 0:
        yield from (function(job, shared) for job in jobs)
        return
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    given = (shared, max(1, num_cores() // count), stop)
    with ProcessPoolExecutor(count, context, _start_worker, given) as pool:
        futures = [pool.submit(_call, function, job) for job in jobs]
        try:
            yield from (future.result() for future in as_completed(futures))
        except BaseException as error:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            if isinstance(error, BrokenProcessPool):
                raise MolvaeError(
                    "a process ended unexpectedly: go on with --resume, which does nothing that is done again"
                ) from error
            raise


@contextmanager
def one_thread() -> Iterator[None]:
    """Keeps torch to one thread meanwhile, as it is kept in the processes of `side_by_side`."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


_shared: list[Any] = []


def _start_worker(shared: Any, cores: int, stop: Event) -> None:
    """Gives a process what all its jobs share, and lets it end when it should or is an orphan."""
    _shared[:] = [shared]
    torch.set_num_threads(1)  # as many jobs side by side as there are cores
    use_cores(cores)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None
    for wait in (stop.wait, parent.join):
        threading.Thread(target=_end_after, args=(wait,), daemon=True).start()


def _end_after(wait: Callable[[], object]) -> None:
    """Ends this process at once; what it has on disk is whole."""
    wait()
    os._exit(1)


def _call(function: Callable[[Any, Any], Any], job: Any) -> Any:
    return function(job, _shared[0])
