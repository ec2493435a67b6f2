"""Computes one verdict at a time in a process of its own, so that requests never wait for a slow adapter.

The process has a low priority, since scorers share its cores. It is started when it is first needed, because
torch takes 3 s and 300 MB, and it is kept, because a second refinement often follows.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

from adaptation.intake.checks import RequestRefused
from contracts.child_process import end_with_parent
from meta.episode import EpisodeVerdict

_NICE = 10


class UnderWay(Exception):
    """The verdict is not there yet; ask again later."""


class BackgroundEnded(RequestRefused):
    """The process ended before it had a verdict, for example for lack of memory."""


class Background:
    """Starts a computation at the first call; a later call with an equal question returns its result."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._question: Hashable = None
        self._verdict: Future[EpisodeVerdict] | None = None

    def run(self, question: Hashable, compute: Callable[[], EpisodeVerdict]) -> EpisodeVerdict:
        """Return the verdict on a question.

        Args:
            question: What the verdict depends on. An answer to another question is dropped.
            compute: Computes it; it must be picklable.

        Raises:
            UnderWay: the process computes it, or still another one.
            BackgroundEnded: the process ended; the next call starts another one.
        """
        if self._verdict is None:
            # Pickled here: the pool would do it in a thread, while requests change what is cached in it.
            self._question, self._verdict = question, self._started().submit(_compute, pickle.dumps(compute))
            raise UnderWay
        if not self._verdict.done():
            raise UnderWay
        verdict, self._verdict = self._verdict, None
        if self._question != question:
            return self.run(question, compute)
        try:
            return verdict.result()
        except BrokenProcessPool as broken:
            self.close()
            raise BackgroundEnded("the process that refines has ended") from broken

    def close(self) -> None:
        """End the process, also while it computes."""
        pool, self._pool, self._verdict = self._pool, None, None
        if pool is not None:
            for process in (pool._processes or {}).values():
                process.terminate()
            pool.shutdown(wait=True, cancel_futures=True)

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # Spawned, since a fork would copy locks that other threads hold.
            self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_begin)
        return self._pool


def _compute(pickled: bytes) -> EpisodeVerdict:
    verdict: EpisodeVerdict = pickle.loads(pickled)()  # from the parent process only
    return verdict


def _begin() -> None:
    end_with_parent()
    os.nice(_NICE)
