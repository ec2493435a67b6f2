"""The door to `work`: imported on both sides, while torch is loaded in the child alone."""

from __future__ import annotations

import multiprocessing
import os
import threading
from functools import partial
from multiprocessing.sharedctypes import Synchronized
from typing import Any


def start(url: str, secret: str, stage: Synchronized[int]) -> None:
    """Called once as the child begins; `stage` is shared with the parent."""
    import signal

    threading.Thread(target=_end_with_parent, daemon=True).start()
    from console.models import work

    # Ctrl-C goes to the whole group; the console ends its child itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    work.start(url, secret, partial(setattr, stage, "value"))


def ready() -> None:
    """Returns once the child has loaded everything."""


def call(name: str, *arguments: Any) -> Any:
    """Carry out the function of `work` that is called `name`."""
    from console.models import work

    return getattr(work, name)(*arguments)


def _end_with_parent() -> None:
    """A console that is killed cannot end its child, which would wait for requests for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # this is the child
    parent.join()
    os._exit(0)
