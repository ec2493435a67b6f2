"""Ends the process when one of its threads dies: a process without it only looks alive."""

from __future__ import annotations

import logging
import os
import threading

log = logging.getLogger(__name__)

EXIT_CODE = 70  # EX_SOFTWARE of sysexits.h


def end_with_threads() -> None:
    """End this process, with the cause as the last line of its log, when an error ends any of its threads.

    The supervisor (compose, Kubernetes, systemd) starts the process again. Every process can be killed at
    any moment, so nothing is tidied up.
    """
    threading.excepthook = _end_process


def _end_process(death: threading.ExceptHookArgs) -> None:
    if death.exc_type is SystemExit:
        return
    name = death.thread.name if death.thread is not None else "unknown"
    error = death.exc_value
    log.critical("the thread %r died, and the process ends: %r", name, error, exc_info=error)
    logging.shutdown()
    os._exit(EXIT_CODE)
