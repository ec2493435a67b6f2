"""The follower of the control log when an unexpected error ends it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from control.keys import ControlKey
from control.log_reader import ControlLog
from settings import BrokerSettings
from stream.app import Surroundings

KEY = ControlKey.single("a secret of enough length")


class Broken(ControlLog):
    """A reader that fails at once, or after it has caught up once `breaks` is set."""

    def __init__(self, *, catches_up: bool) -> None:
        super().__init__(BrokerSettings(), "control", KEY)
        self.breaks = asyncio.Event()
        if catches_up:
            self._caught_up.set()
        else:
            self.breaks.set()

    async def _read(self) -> None:
        await self.breaks.wait()
        raise ValueError("a mistake of ours")


class Wiring:
    """A wiring without resources to close."""

    async def close(self) -> None: ...


class Listening(Surroundings):
    """Records the errors that would have ended the worker."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.crashes: asyncio.Queue[BaseException] = asyncio.Queue()

    async def crash(self, reason: BaseException) -> None:
        self.crashes.put_nowait(reason)


def test_what_ends_it_before_it_has_caught_up_is_raised_at_the_start() -> None:
    async def story() -> None:
        with pytest.raises(ValueError, match="a mistake of ours"):
            await Broken(catches_up=False).start(timeout_s=60.0)

    asyncio.run(story())


def test_what_ends_it_later_ends_the_worker() -> None:
    async def story() -> BaseException:
        log = Broken(catches_up=True)
        surroundings = Listening(log, Wiring(), 60.0)
        await surroundings.start()
        log.breaks.set()
        ended_by: BaseException = await surroundings.crashes.get()
        await surroundings.stop()
        return ended_by

    assert str(asyncio.run(story())) == "a mistake of ours"


def test_one_that_is_stopped_ends_nothing() -> None:
    async def story() -> int:
        surroundings = Listening(Broken(catches_up=True), Wiring(), 60.0)
        await surroundings.start()
        await surroundings.stop()
        return surroundings.crashes.qsize()

    assert asyncio.run(story()) == 0
