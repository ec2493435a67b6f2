"""Requests that wait, and the transactions that they wait for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from prometheus_client import Histogram

from decisions.answer import Answer
from decisions.errors import Refusal
from decisions.recent import Place
from decisions.scored import ScoredBatch


class Timer(Protocol):
    """A call that may be cancelled."""

    def cancel(self) -> None:
        """Never make the call."""


class Timers(Protocol):
    """A clock that makes calls at a time; an asyncio event loop is one."""

    def time(self) -> float:
        """Seconds that only go forward."""

    def call_at(self, when: float, callback: Callable[[], None]) -> Timer:
        """Call back at a time."""


@dataclass(slots=True, eq=False)
class Waiter:
    """One request for one transaction.

    Attributes:
        id: id of the transaction, for the fallback; empty where it has none.
        deadline: time at which it is answered at the latest, by the clock of the timers.
        durable: whether it waits for the commit of the score.
        done: called once, with the answer or the refusal.
    """

    id: str
    deadline: float
    durable: bool
    done: Callable[[Answer | Refusal], None]
    known: tuple[ScoredBatch, int] | None = None
    timer: Timer | None = None
    finished: bool = False


@dataclass(slots=True, eq=False)
class Pending:
    """One transaction that has no score yet.

    Attributes:
        since: time of its arrival.
        step_began: time at which its present step began.
    """

    id: bytes
    fingerprint: bytes
    since: float
    step_began: float
    place: Place | None = None
    waiters: list[Waiter] = field(default_factory=list)

    def end_step(self, step: Histogram, now: float) -> None:
        """Note that the present step has ended, and the next begins."""
        step.observe(now - self.step_began)
        self.step_began = now
