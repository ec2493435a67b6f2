"""Writes refused requests to the audit log: wrong tokens, and rights that the sender lacks.

A sender can cause refusals as fast as it sends requests, and each entry locks the audit log for a moment. So
one sender's refusals of one kind make at most one entry a minute, which counts the others, and all senders
together at most sixty a minute.
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from threading import Lock

from console.access.viewer import Viewer
from console.audit import Act, note
from console.context import ConsoleContext
from storage import StorageUnavailable

EVERY_S = 60.0
MOST_IN_WINDOW = 60
"""Entries of all senders together in `EVERY_S`."""
MOST_SENDERS = 1_000
"""Senders that are remembered; the one longest quiet is forgotten first."""


class RefusalLog:
    """Notes refusals of one console; threads share it."""

    def __init__(self, context: ConsoleContext) -> None:
        self._context = context
        self._lock = Lock()
        self._last: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._uncounted: dict[tuple[str, str], int] = {}
        self._window = (0.0, 0)

    def add(self, viewer: Viewer, action: str, subject: str, **details: object) -> None:
        """Note a refusal.

        Args:
            viewer: the sender; of a wrong token only the address is known.
            action: kind of refusal.
            subject: what was refused.
            **details: anything more, as JSON.
        """
        left_out = self._due(f"{viewer.name} {viewer.address}", action)
        if left_out is None:
            return
        after = {**details, "more_since_last_entry": left_out} if left_out else dict(details)
        with suppress(StorageUnavailable), self._context.unit() as unit:  # the refusal itself stands
            note(unit, viewer, Act(action, subject, after=after), self._context.clock())
            unit.commit()

    def _due(self, sender: str, action: str) -> int | None:
        """Return how many refusals since the last entry this one also counts, or None without an entry."""
        key, now = (sender, action), self._context.clock()
        with self._lock:
            begin, entries = self._window if now - self._window[0] < EVERY_S else (now, 0)
            if now - self._last.get(key, -EVERY_S) < EVERY_S or entries >= MOST_IN_WINDOW:
                self._uncounted[key] = self._uncounted.get(key, 0) + 1
                self._forget()
                return None
            self._window = (begin, entries + 1)
            self._last.pop(key, None)
            self._last[key] = now
            self._forget()
            return self._uncounted.pop(key, 0)

    def _forget(self) -> None:
        while len(self._last) > MOST_SENDERS:
            self._uncounted.pop(self._last.popitem(last=False)[0], None)
        while len(self._uncounted) > MOST_SENDERS:
            self._uncounted.pop(next(iter(self._uncounted)))
