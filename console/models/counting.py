"""Counts over all stored traffic, newest parts first, in two processes where that pays."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import numpy as np

from console.models.two_processes import Take, in_two
from storage.past import Part, PastTraffic

MOST_ROWS: Final = 10_000_000
"""Transactions of one question, newest first: about 15 s of a processor."""
FEWEST_PARTS_FOR_TWO: Final = 8
"""From this many parts on, a copy of the process counts half: below, the gain is less than half a second."""
MOST_SECONDS: Final = 60.0
"""Seconds of one question; the result says where it was cut off."""

Counts = TypeVar("Counts")


def count_parts(
    past: PastTraffic,
    since: float,
    begin: Callable[[], Counts],
    add: Callable[[PastTraffic, Part, Counts], None],
    *,
    seconds: float = MOST_SECONDS,
) -> tuple[list[Counts], str]:
    """Count the newest parts of the stored traffic.

    Args:
        past: Where it is.
        since: Lowest event time, seconds since 1970.
        begin: Returns counts of nothing.
        add: Adds a part, read from the place that it gets, to counts.
        seconds: Older transactions are left out once this much time is spent.

    Returns:
        Counts to be added up, one or two, and why older transactions were left out; empty where all counted.

    Raises:
        CannotScore: The copy of the process has died.
    """
    parts, until = past.parts(since), time.monotonic() + seconds
    chosen = newest_of(parts, MOST_ROWS)

    def work(take: Take, copied: bool) -> tuple[Counts, bool]:
        own, counts = past.copied() if copied else past, begin()
        while (task := take()) >= 0:
            if time.monotonic() > until:
                return counts, True
            add(own, chosen[task], counts)
        return counts, False

    idle = not past.reads_on_all_cores and (os.cpu_count() or 1) > 1
    both = len(chosen) >= FEWEST_PARTS_FOR_TWO and idle
    results = in_two(work, len(chosen)) if both else [work(iter([*range(len(chosen)), -1]).__next__, False)]
    counted = [counts for counts, _ in results]
    if any(late for _, late in results):
        return counted, f"the limit is {seconds:g} s"
    return counted, f"the limit is {MOST_ROWS:,} transactions" if len(chosen) < len(parts) else ""


def newest_of(parts: Sequence[Part], rows: int) -> Sequence[Part]:
    """Return the first parts that hold at most this many transactions together, at least one part."""
    held = np.cumsum([part.rows for part in parts])
    return parts[: max(1, int(np.searchsorted(held, rows, side="right")))]
