"""What a run of the command line gave, for the tests that read it."""

from collections.abc import Callable
from typing import NamedTuple


class Outcome(NamedTuple):
    """Exit code, standard output and standard error."""

    code: int
    out: str
    err: str


RunMolvae = Callable[..., Outcome]
"""Runs `molvae` with the given arguments, each turned into text, in this process."""
