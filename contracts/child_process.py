"""A spawned child process ends with its parent, also where the parent is killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading


def end_with_parent() -> None:
    """Call it first in a spawned child. A killed parent cannot end its child, which would wait forever.

    Ctrl-C reaches the whole process group, but only the parent heeds it, and then ends its child.
    """
    threading.Thread(target=_wait_for_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None  # this is the child
    parent.join()
    os._exit(0)
