"""The end of a worker, with its cause."""

import logging

from mode import Worker

log = logging.getLogger(__name__)


def run_worker(worker: Worker) -> None:
    """Run until SystemExit; where a crash ends it, the cause is the last thing in the log.

    mode raises the cause and swallows it, and where it was logged first, what the stopping parts complain of
    comes after it, such as "Event loop is closed": whoever sees only the end of the log would not see it.
    """
    try:
        worker.execute_from_commandline()
    finally:
        if worker.crash_reason is not None:
            log.critical("the worker ends: %r", worker.crash_reason, exc_info=worker.crash_reason)
