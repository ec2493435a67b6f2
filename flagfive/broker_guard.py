"""One own broker per folder: who holds the lock runs it, and whoever wants it ended finds the process.

The lock is the truth, the process id in it only an address: a killed process loses the lock by itself.
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
STOP_SECONDS = 10.0  # twice what the holder allows itself


class BrokerGuard:
    """Hold the folder's lock while a broker runs in it. Raises BrokerFailed if another process does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file: TextIO | None = None

    def __enter__(self) -> "BrokerGuard":
        self.folder.mkdir(parents=True, exist_ok=True)
        file = (self.folder / LOCK_NAME).open("a+")
        if not _take(file):
            file.close()
            raise BrokerFailed(
                f"a broker of ours already runs in {self.folder} (process {running_process(self.folder)}); "
                "end it with: flagfive broker stop"
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
    """Return the id of the process that runs a broker in `folder`, None if none does."""
    path = folder / LOCK_NAME
    if not path.exists():
        return None
    with path.open("r") as file:
        if _take(file):
            return None  # closing the file gives the lock back
        text = file.read().strip()
    return int(text) if text.isdigit() else None


def start_in_background(own: OwnBroker, command: list[str], log: Path) -> None:
    """Run `command` (a foreground broker) on its own and return once it answers. Raises BrokerFailed."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    # It has its own time-outs; its words are ours if it gives up.
    while running_process(own.folder) != process.pid or not answers(own.address):
        if process.poll() is not None:
            raise BrokerFailed(log.read_text(errors="replace").strip())
        time.sleep(POLL_SECONDS)


def stop_running(folder: Path) -> bool:
    """End the broker in `folder` and wait until it is gone. False if none runs."""
    process = running_process(folder)
    if process is None:
        return False
    os.kill(process, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while running_process(folder) == process:
        if time.monotonic() > deadline:
            raise UserError(f"process {process} did not end within {STOP_SECONDS:g} s; kill it")
        time.sleep(POLL_SECONDS)
    return True


def _take(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
