"""Lets a signal end a process in its own time: what it has in hand is finished first."""

import signal
from collections.abc import Callable
from types import FrameType


def on_signal(stop: Callable[[], None]) -> None:
    """Call `stop` at Ctrl-C, SIGTERM and SIGHUP; it must only note the wish, and return at once."""

    def note(number: int, frame: FrameType | None) -> None:
        stop()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, note)
