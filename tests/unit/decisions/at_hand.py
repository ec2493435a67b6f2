"""Parts of a gateway that need no broker: a clock that is moved by hand, scores as the scorer writes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from contracts.alert import Alert, Reason
from contracts.decision import Decision
from contracts.stage_batch import from_message
from decisions.answer import Answer, Policy
from decisions.correlator import Correlator
from decisions.errors import Refusal
from decisions.fingerprint import fingerprint
from decisions.limit import Limit
from decisions.recent import Recent
from decisions.scored import ScoredBatch
from decisions.waiting import Waiter
from tests.scored_messages import scored_message

REVIEWED = int(Decision.REVIEW)
PRODUCER = 4_711


@dataclass(eq=False)
class Call:
    """A call that is due at a time."""

    when: float
    callback: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


@dataclass
class ManualTimers:
    """A clock that stands still until it is moved."""

    now: float = 1_000.0
    calls: list[Call] = field(default_factory=list)

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[[], None]) -> Call:
        self.calls.append(Call(when, callback))
        return self.calls[-1]

    def move(self, seconds: float) -> None:
        """Move the clock, and make the calls that are due."""
        self.now += seconds
        due = [call for call in self.calls if call.when <= self.now and not call.cancelled]
        self.calls = [call for call in self.calls if call.when > self.now and not call.cancelled]
        for call in due:
            call.callback()


def batch(
    offsets: Sequence[int],
    *,
    producer: int | None = PRODUCER,
    decisions: Sequence[int] | None = None,
    ids: Sequence[bytes] | None = None,
) -> ScoredBatch:
    """Return a batch of partition 0 with the default values of `scored_message`, of an open transaction."""
    rows = from_message(scored_message(0, offsets, decisions=decisions, ids=ids))
    return ScoredBatch(rows, 0, 1_700_000_000.5, producer)


def print_of(offset: int, *, amount: float = 12.5, identity: str | None = None) -> bytes:
    """Return the fingerprint of the transaction that `scored_message` writes at an offset."""
    name = identity or f"tx-0-{offset}"
    return fingerprint(name, float(offset), amount, "EUR", 5, False, [f"card-0-{offset}", "shop"])


def alert_at(offset: int) -> bytes:
    """Return the alert on the transaction at an offset of partition 0."""
    reasons = [Reason("card_ratio_7d", 2.0, 1.5, "much"), Reason("risk card", 3.0, 0.7, "card: 3 frauds")]
    return msgspec.json.encode(
        Alert(
            f"tx-0-{offset}",
            0,
            offset,
            0.0,
            12.5,
            "EUR",
            {},
            0.5,
            0.3,
            "review",
            "d1",
            1,
            reasons,
            "ring",
            tags=["gift-cards"],
            queue="travel-team",
        )
    )


class Desk:
    """A correlator with a manual clock, and what its waiters got."""

    def __init__(self, policy: Policy | None = None, most: int = 1_000) -> None:
        self.timers = ManualTimers()
        self.limit = Limit(100, 0.05, self.timers.time)
        self.correlator = Correlator(Recent(most), policy or Policy(Decision.REVIEW), self.limit, self.timers)
        self.got: list[Answer | Refusal] = []

    def ask(self, offset: int, *, durable: bool = False, within_s: float = 0.1, amount: float = 12.5) -> None:
        """Let one more request wait for the transaction at an offset."""
        waiter = Waiter(f"tx-0-{offset}", self.timers.now + within_s, durable, self.got.append)
        self.correlator.expect(waiter)
        identity, print_ = b"tx-0-%d" % offset, print_of(offset, amount=amount)
        self.limit.admit(1)
        if self.correlator.join(identity, print_, waiter):
            self.limit.release()
        else:
            self.correlator.begin(identity, print_, waiter, self.timers.now)

    @property
    def answers(self) -> list[Answer]:
        """The answers so far; fails if there is a refusal."""
        assert all(isinstance(one, Answer) for one in self.got), self.got
        return [one for one in self.got if isinstance(one, Answer)]
