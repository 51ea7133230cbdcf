"""Ctrl-C as a question that the training loop answers when its step is done."""

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

logger = logging.getLogger(__name__)


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """Turns the first Ctrl-C (or SIGTERM) into a set event; a second one stops the program at once.

    Outside the main thread, where Python delivers no signals, the event is never set.
    """
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def ask(*_: object) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        logger.warning("stopping after this step; press Ctrl-C again to stop at once")
        asked.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
