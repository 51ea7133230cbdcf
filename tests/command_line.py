"""Runs of the command line for the tests: what one gave, and processes that are to be interrupted."""

import contextlib
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple


class Outcome(NamedTuple):
    """Exit code, standard output and standard error."""

    code: int
    out: str
    err: str


RunMolvae = Callable[..., Outcome]
"""Runs `molvae` with the given arguments, each turned into text, in this process."""


@contextlib.contextmanager
def interruptible_process(argv: Sequence[str], **options: Any) -> Iterator["subprocess.Popen[Any]"]:
    """A context manager that starts a process which heeds SIGINT, and ends it whatever happens.

    What starts the tests may ignore SIGINT, as a shell does in the background, and processes inherit that.
    """

    def heed() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with subprocess.Popen(argv, preexec_fn=heed, **options) as process:  # noqa: PLW1509 - no threads here
        try:
            yield process
        finally:
            process.kill()
