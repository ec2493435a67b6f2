"""Asks the model process, and starts another where one has died."""

from __future__ import annotations

import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, Protocol, Self

from console.models import child
from console.models.results import AlternativeTerms, CannotScore, DraftMatches, ModelsBusy
from console.results.transactions import PartScore
from console.results.what_if import WhatIf
from contracts.answer import Draft

ANSWER_WITHIN_S = 120.0
"""A look back over a month of heavy traffic; pages go on meanwhile."""


class Models(Protocol):
    """What services need of it; all that is asked raises CannotScore."""

    def look_back(self, draft: Draft, days: float) -> DraftMatches:
        """Which stored transactions the draft would have alerted."""

    def parts(self, partition: int, offset: int) -> list[PartScore]:
        """What each scorer made of a transaction."""

    def what_if(self, change: AlternativeTerms) -> WhatIf:
        """What other terms would have done to the stored past. Raises ModelsBusy while another runs."""

    def stage(self) -> int | None:
        """How far the what-if that runs is, as a place in STAGES; None where none runs."""

    def __enter__(self) -> object:
        """Get ready, so that the first who asks need not wait for it."""

    def __exit__(self, *error: object) -> None:
        """End it."""


class ModelProcess:
    """One child, one request at a time. It is spawned: the console's threads would not survive a fork."""

    def __init__(self, url: str, secret: str) -> None:
        self._context = get_context("spawn")
        self._stage = self._context.Value("i", 0)
        self._arguments = (url, secret, self._stage)
        self._lock = threading.Lock()
        self._asking = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None

    def look_back(self, draft: Draft, days: float) -> DraftMatches:
        """In the child. Raises CannotScore."""
        found: DraftMatches = self._run("look_back_with", draft, days)
        return found

    def parts(self, partition: int, offset: int) -> list[PartScore]:
        """In the child. Raises CannotScore."""
        found: list[PartScore] = self._run("parts_of", partition, offset)
        return found

    def what_if(self, change: AlternativeTerms) -> WhatIf:
        """In the child. Raises CannotScore, and ModelsBusy while another runs."""
        if not self._asking.acquire(blocking=False):
            raise ModelsBusy
        try:
            self._stage.value = 0
            found: WhatIf = self._run("what_if", change)
            return found
        finally:
            self._asking.release()

    def stage(self) -> int | None:
        """As the child told last."""
        return self._stage.value if self._asking.locked() else None

    def __enter__(self) -> Self:
        """Start the child; it loads its libraries while the console begins to serve."""
        self._started().submit(child.ready)
        return self

    def __exit__(self, *error: object) -> None:
        """End the child, whatever it is doing."""
        with self._lock:
            if self._pool is not None:
                self._pool.shutdown(wait=True, cancel_futures=True)
                self._pool = None

    def _run(self, name: str, *arguments: Any) -> Any:
        try:
            return self._started().submit(child.call, name, *arguments).result(ANSWER_WITHIN_S)
        except BrokenProcessPool as broken:
            with self._lock:
                self._pool = None  # the next request starts another child
            raise CannotScore("the model process has died; try again") from broken
        except TimeoutError as late:
            raise CannotScore(f"the models did not answer within {ANSWER_WITHIN_S:.0f} s") from late

    def _started(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._pool is None:
                self._pool = ProcessPoolExecutor(
                    1, mp_context=self._context, initializer=child.start, initargs=self._arguments
                )
            return self._pool
