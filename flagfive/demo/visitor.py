"""After the story, a second pattern begins, and the console offers its first payments to a visitor."""

import asyncio

from contracts.suggested_flags import SuggestedFlags, write_suggested_flags
from flagfive.demo.observer import Observer
from flagfive.demo.story import FLAGGED, PATTERN_SHARE
from flagfive.demo.traffic import DemoTraffic
from settings import Settings
from simulate.patterns import HELD_OUT, Pattern

_LOOK_S = 0.5


def second_pattern(first: str) -> Pattern:
    """Return a held-out pattern other than the story's."""
    return next(pattern for name, pattern in HELD_OUT.items() if name != first)


async def offer_flags(settings: Settings, traffic: DemoTraffic, observer: Observer) -> None:
    """Begin a second pattern, and write five of its payments, which passed, for the console.

    Args:
        settings: the settings of this demo; the file lies in their folder.
        traffic: sends payments.
        observer: knows which payments of a pattern passed.
    """
    pattern = second_pattern(observer.pattern)
    traffic.start_pattern(pattern.name, PATTERN_SHARE)
    while len(observer.passed.get(pattern.name, ())) < FLAGGED:
        await asyncio.sleep(_LOOK_S)
    ids = tuple(observer.passed[pattern.name].values())[:FLAGGED]
    flags = SuggestedFlags(pattern.name.replace("_", " "), pattern.recipe, ids)
    write_suggested_flags(settings.var, flags)
