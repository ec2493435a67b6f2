"""After its story the demo offers payments of a second pattern in its console."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from contracts.suggested_flags import read_suggested_flags
from flagfive.demo.observer import ObservedScore, Observer, Truth
from flagfive.demo.visitor import offer_flags, second_pattern
from settings import Settings
from simulate.patterns import HELD_OUT

FIRST, SECOND = HELD_OUT


class TrafficThatPasses:
    """Lets seven payments of a pattern pass, of seven cards, as soon as the pattern begins."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer

    def start_pattern(self, family: str, share: float) -> None:
        for number in range(7):
            identity = f"tx-{number}"
            self._observer.truth[identity] = Truth(family, 10.0)
            score = ObservedScore(identity, f"card-{number}", "approve", "base", 1, 0, number)
            self._observer.take([score])


def test_five_payments_of_another_pattern_are_offered(tmp_path: Path) -> None:
    observer = Observer(FIRST)
    traffic: Any = TrafficThatPasses(observer)
    asyncio.run(offer_flags(Settings(var=tmp_path), traffic, observer))
    found = read_suggested_flags(tmp_path)
    assert found is not None
    assert found.pattern == SECOND.replace("_", " ")
    assert found.ids == tuple(f"tx-{number}" for number in range(5))
    assert observer.missed == {}


def test_the_second_pattern_is_never_that_of_the_story() -> None:
    assert {second_pattern(name).name for name in HELD_OUT} == {FIRST, SECOND}
