"""Handle the signals that stop a process: by a callback, or by interrupting a block."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SAME_REQUEST_S = 1.0


def call_on_stop_signal(stop: Callable[[], None]) -> None:
    """Call `stop` on Ctrl-C, SIGTERM and SIGHUP; `stop` must only set a flag and return at once."""

    def handle(number: int, frame: FrameType | None) -> None:
        stop()

    for number in _handled():
        signal.signal(number, handle)


@contextmanager
def interrupt_on_stop_signals() -> Iterator[None]:
    """Turn SIGINT, SIGTERM and SIGHUP into KeyboardInterrupt, so that the block releases its resources.

    SIGINT is set explicitly because shell scripts start background jobs with SIGINT ignored. A second signal
    within 1 s is ignored: often one request reaches the process and its group, and it must not interrupt the
    release of resources.

    Yields:
        None.

    Raises:
        KeyboardInterrupt: one of the signals arrived.
    """
    last = float("-inf")

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal last
        since, last = time.monotonic() - last, time.monotonic()
        if since > SAME_REQUEST_S:
            raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in _handled()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _handled() -> list[signal.Signals]:
    """Return the stop signals; SIGHUP is left out where `nohup` ignores it."""
    hang_up = [] if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN else [signal.SIGHUP]
    return [signal.SIGINT, signal.SIGTERM, *hang_up]
