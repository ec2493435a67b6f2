"""How a signal ends a process: at once, or in its own time with what it has in hand finished first."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SAME_WISH_S = 1.0


def on_signal(stop: Callable[[], None]) -> None:
    """Call `stop` at Ctrl-C, SIGTERM and SIGHUP; it must only note the wish, and return at once."""

    def note(number: int, frame: FrameType | None) -> None:
        stop()

    for number in _handled():
        signal.signal(number, note)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let SIGINT, SIGTERM and SIGHUP end the block by KeyboardInterrupt, so that what it holds is given back.

    SIGINT too: a shell script starts its background jobs with it ignored. One that follows within a second
    is the same wish, told to the process and to its group: what is being given back is not cut off by it.
    """
    told = float("-inf")

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal told
        since, told = time.monotonic() - told, time.monotonic()
        if since > SAME_WISH_S:
            raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in _handled()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _handled() -> list[signal.Signals]:
    """The signals that mean an end; a hang-up not where `nohup` has it ignored."""
    hang_up = [] if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN else [signal.SIGHUP]
    return [signal.SIGINT, signal.SIGTERM, *hang_up]
