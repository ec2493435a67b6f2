"""The time windows of profiles.

A window forgets exponentially: an event of weight 1 counts exp(-age / length) after `age` seconds, so count
and sums need no list of events and no sliding edge.
Source: Cormode, Shkapenyuk, Srivastava, Xu 2009, «Forward decay: a practical time decay model for streaming
systems», ICDE.
"""

from __future__ import annotations

from typing import NamedTuple

HOUR_S = 3_600.0
DAY_S = 86_400.0


class Window(NamedTuple):
    """A window: its name in feature names, its name in words, and its length in seconds."""

    name: str
    words: str
    length_s: float


WINDOWS = (
    Window("1h", "1 hour", HOUR_S),
    Window("1d", "1 day", DAY_S),
    Window("7d", "7 days", 7 * DAY_S),
    Window("30d", "30 days", 30 * DAY_S),
)
LENGTHS_S = tuple(window.length_s for window in WINDOWS)

# Four times the longest window: 2% of a 30-day count is left, and a returning card counts as new.
IDLE_S = 120 * DAY_S
