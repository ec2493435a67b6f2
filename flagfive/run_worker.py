"""Runs a Faust worker and logs why it ended."""

import logging

from mode import Worker

log = logging.getLogger(__name__)


def run_worker(worker: Worker) -> None:
    """Run a worker until it exits; after a crash, log the cause as the last line.

    mode swallows the exception, and the services that stop log errors after it, such as "Event loop is
    closed". The cause must stand at the end, where people look first.

    Args:
        worker: the worker; it exits with SystemExit.
    """
    try:
        worker.execute_from_commandline()
    finally:
        if worker.crash_reason is not None:
            log.critical("the worker crashed: %r", worker.crash_reason, exc_info=worker.crash_reason)
