"""Starts child processes with a name and a log, waits until they are healthy, and stops them reliably.

    with Processes(settings.var / "log") as processes:
        broker = processes.start("broker", [...], last=True)
        processes.wait_until(broker, answers, timeout_s=60, what="the broker to answer")
        processes.watch()          # never returns; raises ProcessEnded when a child ends

Leaving the block, by Ctrl-C, SIGTERM or an error, stops every child within 5 seconds. If the parent is
killed, the kernel sends SIGKILL to its children.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from flagfive.errors import UserError

STOP_SECONDS = 5.0  # the promise to a user who presses Ctrl-C
FIRST_SHARE = 0.5  # of STOP_SECONDS for the workers; the rest is for the broker, which they need to finish
POLL_SECONDS = 0.05
TAIL_LINES = 15
PR_SET_PDEATHSIG = 1  # linux/prctl.h


class ProcessEnded(UserError):
    """A child process ended unexpectedly."""

    def __init__(self, child: "Child") -> None:
        self.child = child
        code = child.process.returncode
        how = f"by signal {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
        super().__init__(f"{child.name} ended {how}. The end of {child.log}:\n{child.tail()}")


class ProcessNotReady(UserError):
    """A child process runs but did not become ready in time."""


@dataclass
class Child:
    """One child process and the log file of its output; `last` ones stop after all others."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path
    last: bool

    def tail(self, lines: int = TAIL_LINES) -> str:
        """Return the last lines of the log, indented."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join("  " + line for line in text.splitlines()[-lines:])

    def running(self) -> bool:
        """Return whether the process is still running."""
        return self.process.poll() is None

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process group of the child."""
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            return  # the whole group is gone


class Processes:
    """A set of child processes that start in order and stop together; use it from the main thread.

    Args:
        logs: folder of the log files.
    """

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self.children: list[Child] = []

    def __enter__(self) -> "Processes":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        last: bool = False,
    ) -> Child:
        """Start a child process.

        The child gets a session of its own. Ctrl-C in the terminal then reaches only the parent, which
        stops the children in order.

        Args:
            name: name of the child; its output is appended to NAME.log.
            command: command line.
            environment: variables to add to the environment of this process.
            folder: working folder; None for that of this process.
            last: stop this child after all others.

        Returns:
            The child.

        Raises:
            RuntimeError: called outside the main thread. The kernel would treat the end of that thread as
                the end of the parent.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError(f"start {name} from the main thread, or it is killed when this thread ends")
        self.logs.mkdir(parents=True, exist_ok=True)
        log = self.logs / f"{name}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                cwd=folder,
                start_new_session=True,
                preexec_fn=_dies_with(os.getpid()),
            )
        child = Child(name, process, log, last)
        self.children.append(child)
        return child

    def wait_until(self, child: Child, condition: Callable[[], bool], *, timeout_s: float, what: str) -> None:
        """Wait until `condition()` holds.

        Args:
            child: the process that must stay alive meanwhile.
            condition: called every 0.05 s.
            timeout_s: seconds to wait.
            what: what is waited for, in words, for the error message.

        Raises:
            ProcessEnded: the child ends first.
            ProcessNotReady: `timeout_s` passes first.
        """
        deadline = time.monotonic() + timeout_s
        while not condition():
            if not child.running():
                raise ProcessEnded(child)
            if time.monotonic() > deadline:
                raise ProcessNotReady(
                    f"waited {timeout_s:g} s for {what} without success. "
                    f"The end of {child.log}:\n{child.tail()}"
                )
            time.sleep(POLL_SECONDS)

    def watch(self) -> None:
        """Block while all children run.

        Raises:
            ProcessEnded: a child has ended.
        """
        while True:
            self.check()
            time.sleep(POLL_SECONDS)

    def check(self) -> None:
        """Check that all children run.

        Raises:
            ProcessEnded: a child has ended.
        """
        for child in self.children:
            if not child.running():
                raise ProcessEnded(child)

    def stop(self, within_s: float = STOP_SECONDS) -> None:
        """Stop all children, the `last` ones after the others: SIGTERM first, SIGKILL when time is up.

        Args:
            within_s: seconds for all of them together.
        """
        started = time.monotonic()
        workers = [child for child in reversed(self.children) if not child.last]
        lasting = [child for child in reversed(self.children) if child.last]
        _end(workers, started + within_s * FIRST_SHARE)
        _end(lasting, started + within_s)
        self.children.clear()


def _end(children: Sequence[Child], deadline: float) -> None:
    try:
        for child in children:
            child.send(signal.SIGTERM)
        for child in children:
            child.process.wait(max(0.0, deadline - time.monotonic()))
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        pass  # time is up or the user pressed Ctrl-C again: the children are killed below
    finally:
        for child in children:
            child.send(signal.SIGKILL)  # also kills processes that a child left in its group
            child.process.wait()


def _dies_with(parent: int) -> Callable[[], None] | None:
    """Return a function that the child runs before exec: the kernel shall kill it when the parent ends."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)  # loaded here: nothing may be loaded between fork and exec

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # the parent ended before the call
            os._exit(1)

    return ask
