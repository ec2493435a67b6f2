"""Entry points of the child process: both processes import this, but only the child loads torch."""

from __future__ import annotations

import multiprocessing
import os
import threading
from functools import partial
from multiprocessing.sharedctypes import Synchronized
from typing import Any


def start(url: str, keys: tuple[str, ...], stage: Synchronized[int]) -> None:
    """Initialise the child; `stage` is shared with the parent."""
    import signal

    threading.Thread(target=_end_with_parent, daemon=True).start()
    from console.models import work

    # Ctrl-C reaches the whole process group; the console ends its child itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    work.start(url, keys, partial(setattr, stage, "value"))


def ready() -> None:
    """Do nothing; this returns after the child has loaded everything."""


def call(name: str, *arguments: Any) -> Any:
    """Call the function `name` of `work`."""
    from console.models import work

    return getattr(work, name)(*arguments)


def _end_with_parent() -> None:
    """End with the parent: a killed console cannot end its child, which would wait forever."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # this is the child
    parent.join()
    os._exit(0)
