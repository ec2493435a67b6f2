"""Ensures that at most one broker runs in a folder, and finds its process.

The process that runs the broker holds a file lock; the file also holds its process id. The kernel releases
the lock of a killed process, so a stale process id does no harm.
"""

import fcntl
import os
import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import TextIO

from flagfive.cluster import answers
from flagfive.errors import UserError
from flagfive.own_broker import BrokerFailed, OwnBroker
from flagfive.processes import POLL_SECONDS

LOCK_NAME = "lock"
STOP_SECONDS = 10.0  # twice the time in which the process stops its children


class BrokerGuard:
    """Holds the lock of a folder while a broker runs in it.

    Entering the `with` block raises BrokerFailed if another process holds the lock.

    Args:
        folder: data folder of the broker; it is created if missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file: TextIO | None = None

    def __enter__(self) -> "BrokerGuard":
        self.folder.mkdir(parents=True, exist_ok=True)
        file = (self.folder / LOCK_NAME).open("a+")
        if not _take(file):
            file.close()
            raise BrokerFailed(
                f"a broker already runs in {self.folder} (process {running_process(self.folder)}). "
                "Stop it with: flagfive broker stop"
            )
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._file = file
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.truncate(0)
            self._file.close()


def running_process(folder: Path) -> int | None:
    """Return the id of the process that runs a broker in `folder`, or None."""
    path = folder / LOCK_NAME
    if not path.exists():
        return None
    with path.open("r") as file:
        if _take(file):
            return None  # closing the file releases the lock
        text = file.read().strip()
    return int(text) if text.isdigit() else None


def start_in_background(own: OwnBroker, command: list[str], log: Path) -> None:
    """Start a broker in the background and wait until it answers.

    Args:
        own: the broker.
        command: command line that runs it in the foreground.
        log: file for its output.

    Raises:
        BrokerFailed: the process ended before the broker answered.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    # The process has its own timeouts; if it ends, its output becomes the error message.
    while running_process(own.folder) != process.pid or not answers(own.settings.broker):
        if process.poll() is not None:
            raise BrokerFailed(log.read_text(errors="replace").strip())
        time.sleep(POLL_SECONDS)


def stop_running(folder: Path) -> bool:
    """Stop the broker in a folder and wait until it has ended.

    Args:
        folder: data folder of the broker.

    Returns:
        Whether a broker was running.

    Raises:
        UserError: it did not end within 10 s.
    """
    process = running_process(folder)
    if process is None:
        return False
    os.kill(process, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while running_process(folder) == process:
        if time.monotonic() > deadline:
            raise UserError(f"process {process} did not end within {STOP_SECONDS:g} s; kill it by hand")
        time.sleep(POLL_SECONDS)
    return True


def _take(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
