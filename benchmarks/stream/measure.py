"""Runs one contestant as a child process, and reads its time and memory from outside."""

import os
import selectors
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

MIB = 1024 * 1024
LIMIT_S = 300.0  # for one row; the slowest row needs a tenth of it


class ContestantFailed(Exception):
    """A contestant exited early, or did not finish in time."""


@dataclass(frozen=True)
class Moment:
    """Wall clock and CPU time of a process, all its threads together, in seconds."""

    wall: float
    cpu: float

    @classmethod
    def of(cls, process: psutil.Process) -> "Moment":
        times = process.cpu_times()
        return cls(time.perf_counter(), times.user + times.system)


@dataclass(frozen=True)
class Measured:
    """Figures from the first record to the last, without start-up."""

    transactions: int
    wall_s: float
    cpu_s: float
    peak_mib: float

    @classmethod
    def between(cls, begin: Moment, end: Moment, transactions: int, peak_mib: float) -> "Measured":
        return cls(transactions, end.wall - begin.wall, end.cpu - begin.cpu, peak_mib)


@contextmanager
def child(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Iterator["Contestant"]:
    """Start a contestant, and kill it afterwards."""
    with log.open("ab") as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            bufsize=0,  # select does not see a line that is already in a buffer
            env={**os.environ, **environment},
        )
    try:
        yield Contestant(process, log)
    finally:
        process.kill()
        process.wait()


class Contestant:
    """A child process that prints `first` and `last`."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self._process = process
        self._log = log
        self.watched = psutil.Process(process.pid)

    def race(self, transactions: int) -> Measured:
        """Wait for both words. Raises ContestantFailed with the end of its log."""
        begin = self.hear("first")
        end = self.hear("last")
        return Measured.between(begin, end, transactions, self.peak_mib)

    def hear(self, word: str) -> Moment:
        """Wait until the child prints `word`; return that moment."""
        stream = self._process.stdout
        assert stream is not None
        with selectors.DefaultSelector() as selector:
            selector.register(stream, selectors.EVENT_READ)
            deadline = time.monotonic() + LIMIT_S
            while time.monotonic() < deadline:
                if selector.select(1.0) and stream.readline().rstrip().endswith(word.encode()):
                    return Moment.of(self.watched)
                self.check()
        raise self.failure(f"did not say {word!r} within {LIMIT_S:g} s")

    def check(self) -> None:
        """Raise ContestantFailed if the child has ended."""
        if self._process.poll() is not None:
            raise self.failure(f"ended with exit code {self._process.returncode}")

    def failure(self, what: str) -> ContestantFailed:
        tail = self._log.read_text(errors="replace").splitlines()[-30:]
        return ContestantFailed("\n".join([what, *tail]))

    @property
    def peak_mib(self) -> float:
        """Largest resident set so far, in MiB."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / MIB
