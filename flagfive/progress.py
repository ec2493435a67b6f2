"""Shows how far long work has come: a bar on a terminal, lines on standard error elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Lock, Thread

LINE_EVERY_S = 10.0
LEAST_SHARE = 0.05
"""Share of a stage that must be done before the time left is estimated; less says too little."""

Show = Callable[[str, int, int], None]
"""Takes the stage, what is done of it, and how much there is in all; 0 where that is unknown."""


@contextmanager
def shown_progress() -> Iterator[Show]:
    """Show progress while the block runs.

    Text that the block prints to standard output stays whole: the bar moves below it.

    Yields:
        A function to report progress with.
    """
    with _bar() if sys.stdout.isatty() else _lines() as show:
        yield show


@contextmanager
def _bar() -> Iterator[Show]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, transient=True) as progress:
        task = progress.add_task("starting", total=None)
        shown = "starting"

        def show(stage: str, done: int, total: int) -> None:
            nonlocal shown
            if stage != shown:  # the time left is that of the stage
                progress.reset(task)
                shown = stage
            progress.update(task, description=stage, completed=done, total=total or None)

        yield show


@contextmanager
def _lines() -> Iterator[Show]:
    lines, ended = ProgressLines(_print), Event()

    def repeat() -> None:
        while not ended.wait(LINE_EVERY_S):
            lines.repeat()

    thread = Thread(target=repeat, name="progress", daemon=True)
    thread.start()
    try:
        yield lines
    finally:
        ended.set()
        thread.join()


def _print(line: str) -> None:
    print(time.strftime("%H:%M:%S"), line, file=sys.stderr, flush=True)


@dataclass
class _Stage:
    name: str
    begun: float  # seconds of the monotonic clock
    first: int  # done when the stage began
    done: int
    total: int


class ProgressLines:
    """Writes a line when a stage is new, and one whenever `repeat` is called.

    A stage that says nothing for long still gets lines, so that a log shows that the work goes on.

    Args:
        write: Takes each line.
        clock: Seconds of a clock that never goes back.
    """

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._write, self._clock = write, clock
        self._seen: set[str] = set()
        self._stage: _Stage | None = None
        self._lock = Lock()  # the work reports, and a thread repeats

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Take in progress; a stage that was there before writes no line of its own."""
        with self._lock:
            if self._stage is None or self._stage.name != stage:
                self._stage = _Stage(stage, self._clock(), done, done, total)
            self._stage.done, self._stage.total = done, total
            new = stage not in self._seen
            self._seen.add(stage)
        if new:
            self.repeat()

    def repeat(self) -> None:
        """Write how far the stage is, with an estimate of the time left."""
        with self._lock:
            line = None if self._stage is None else self._line(self._stage)
        if line is not None:
            self._write(line)

    def _line(self, stage: _Stage) -> str:
        for_s = self._clock() - stage.begun
        parts = [f"{stage.done:,} of {stage.total:,}, {stage.done / stage.total:.0%}"] if stage.total else []
        if not stage.total and stage.done:
            parts = [f"{stage.done:,}"]
        if for_s >= 1:
            parts.append(f"for {in_words(for_s)}")
        known = stage.done - stage.first >= LEAST_SHARE * stage.total > 0
        if for_s >= 1 and known and stage.done < stage.total:
            left = for_s * (stage.total - stage.done) / (stage.done - stage.first)
            parts.append(f"about {in_words(left)} left")
        return f"{stage.name}: {', '.join(parts)}" if parts else stage.name


def in_words(seconds: float) -> str:
    """Return a length of time.

    >>> in_words(42.4), in_words(150), in_words(7200)
    ('42 s', '2 min 30 s', '2 h 0 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
