"""Sends requests to the model process, and restarts it after a crash."""

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
from control.keys import ControlKey

ANSWER_WITHIN_S = 120.0
"""Seconds to wait: enough to search a month of heavy traffic. Other pages do not wait."""


class ScoringModels(Protocol):
    """The model process, as services use it; every request can raise CannotScore."""

    def look_back(self, draft: Draft, days: float) -> DraftMatches:
        """Find stored transactions that the draft would have alerted."""

    def parts(self, partition: int, offset: int) -> list[PartScore]:
        """Recompute the score of each scorer for a transaction."""

    def what_if(self, change: AlternativeTerms) -> WhatIf:
        """Score stored transactions under other terms. Raises ModelsBusy while another what-if runs."""

    def stage(self) -> int | None:
        """Return the stage of the running what-if as an index of STAGES; None if none runs."""

    def __enter__(self) -> object:
        """Start the process, so that the first request does not wait for it."""

    def __exit__(self, *error: object) -> None:
        """End the process."""


class ModelProcess:
    """One child, one request at a time. It is spawned, because a fork would lose the console's threads."""

    def __init__(self, url: str, key: ControlKey) -> None:
        self._context = get_context("spawn")
        self._stage = self._context.Value("i", 0)
        self._arguments = (url, key.verifying_texts(), self._stage)
        self._lock = threading.Lock()
        self._asking = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None

    def look_back(self, draft: Draft, days: float) -> DraftMatches:
        """Run in the child. Raises CannotScore."""
        found: DraftMatches = self._run("look_back_with", draft, days)
        return found

    def parts(self, partition: int, offset: int) -> list[PartScore]:
        """Run in the child. Raises CannotScore."""
        found: list[PartScore] = self._run("parts_of", partition, offset)
        return found

    def what_if(self, change: AlternativeTerms) -> WhatIf:
        """Run in the child. Raises CannotScore, and ModelsBusy while another what-if runs."""
        if not self._asking.acquire(blocking=False):
            raise ModelsBusy
        try:
            self._stage.value = 0
            found: WhatIf = self._run("what_if", change)
            return found
        finally:
            self._asking.release()

    def stage(self) -> int | None:
        """Return the latest stage that the child has set."""
        return self._stage.value if self._asking.locked() else None

    def __enter__(self) -> Self:
        """Start the child; it loads its libraries while the console starts to serve."""
        self._started().submit(child.ready)
        return self

    def __exit__(self, *error: object) -> None:
        """End the child, also during a request."""
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
