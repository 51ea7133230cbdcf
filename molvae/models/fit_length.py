"""How long something is fitted that is fitted in steps."""

from typing import NamedTuple


class FitLength(NamedTuple):
    """An end of a fit. Steps are repeatable, minutes are not.

    Attributes:
        minutes: how long it takes, where `steps` says nothing.
        steps: how many steps it takes.
    """

    minutes: float = 1.0
    steps: int | None = None

    def share_done(self, num_steps: int, seconds: float) -> float:
        """How far a fit is, 0 to 1 and beyond."""
        return num_steps / self.steps if self.steps is not None else seconds / (60 * self.minutes)
