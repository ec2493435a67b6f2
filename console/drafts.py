"""Drafts that the adaptation worker made for previews, kept for the search of their matches."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from contracts.answer import Answer

MOST: Final = 16
KEPT_S: Final = 60.0
"""Seconds; the page asks for the matches as soon as it shows the gate's opinion."""
Flags = tuple[tuple[str, ...], tuple[str, ...], float | None]
"""Ids flagged as fraud and as genuine, and the chosen share."""


@dataclass(frozen=True)
class _Kept:
    answer: Answer
    since: float


class Drafts:
    """The newest answers by their flags, each to be taken once; 16 at most, for a minute."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._kept: OrderedDict[Flags, _Kept] = OrderedDict()

    def keep(self, flags: Flags, answer: Answer) -> None:
        """Keep an answer in place of an older one; the oldest of too many is dropped."""
        with self._lock:
            self._kept[flags] = _Kept(answer, self._clock())
            self._kept.move_to_end(flags)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)

    def take(self, flags: Flags) -> Answer | None:
        """Return and forget the answer; None where none was kept within a minute."""
        with self._lock:
            kept = self._kept.pop(flags, None)
        return kept.answer if kept is not None and self._clock() - kept.since <= KEPT_S else None
