"""Child processes that have a name, a log, a sign of health and a sure end.

    with Processes(settings.var / "log") as processes:
        broker = processes.start("broker", [...], last=True)
        processes.wait_until(broker, answers, timeout_s=60, what="the broker to answer")
        processes.watch()          # returns never; raises ProcessEnded when a child ends by itself

Leaving the block, by Ctrl-C, SIGTERM or an error, ends every child within 5 seconds. A parent that is
killed outright takes its children along: the kernel sends them SIGKILL.
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
FIRST_SHARE = 0.5  # of it for the workers, the rest for what they need to finish: the broker
POLL_SECONDS = 0.05
TAIL_LINES = 15
PR_SET_PDEATHSIG = 1  # linux/prctl.h


class ProcessEnded(UserError):
    """A child ended that should have gone on."""

    def __init__(self, child: "Child") -> None:
        self.child = child
        code = child.process.returncode
        how = f"by signal {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
        super().__init__(f"{child.name} ended {how}. The end of {child.log}:\n{child.tail()}")


class ProcessNotReady(UserError):
    """A child runs but did not become healthy in time."""


@dataclass
class Child:
    """One running child process and the file that holds what it printed."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path
    last: bool

    def tail(self, lines: int = TAIL_LINES) -> str:
        """Return the last lines of the log, indented."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join("  " + line for line in text.splitlines()[-lines:])

    def running(self) -> bool:
        """Whether the process has not ended yet."""
        return self.process.poll() is None

    def send(self, number: signal.Signals) -> None:
        """Signal the child and whatever it started (its process group)."""
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            return  # the whole group is gone


class Processes:
    """A set of children that start in order and end together. Use it from the main thread."""

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
        """Start `command`, its output appended to NAME.log. `last` ones are ended after all others.

        The child is in a session of its own, so that a Ctrl-C in the terminal reaches the parent alone,
        which ends the children in order. Raises RuntimeError outside the main thread: the kernel counts
        the end of the starting thread as the parent's death.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError(f"{name} must be started from the main thread, or it dies with this thread")
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
                    f"waited {timeout_s:g} s for {what}, in vain. The end of {child.log}:\n{child.tail()}"
                )
            time.sleep(POLL_SECONDS)

    def watch(self) -> None:
        """Block while all children run. Raises ProcessEnded for the first that ends."""
        while True:
            self.check()
            time.sleep(POLL_SECONDS)

    def check(self) -> None:
        """Raise ProcessEnded if a child has ended by itself."""
        for child in self.children:
            if not child.running():
                raise ProcessEnded(child)

    def stop(self, within_s: float = STOP_SECONDS) -> None:
        """End all children: first the workers, then the `last` ones, each asked, then killed."""
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
        pass  # out of time or of patience: what still runs is killed below
    finally:
        for child in children:
            child.send(signal.SIGKILL)  # also what a child left behind in its group
            child.process.wait()


def _dies_with(parent: int) -> Callable[[], None] | None:
    """Return what the child runs before exec: ask the kernel for SIGKILL when the parent is gone."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)  # loaded here: nothing may be loaded between fork and exec

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)

    return ask
