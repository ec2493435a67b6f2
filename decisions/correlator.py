"""Matches scores with the requests that wait for them.

A transaction is pending from its arrival until its score is read. A request waits for a pending transaction,
or for the commit of its score, until its deadline. Nothing here reads a clock or a socket by itself.
"""

from __future__ import annotations

from contracts.dead_letter import REUSED_ID
from contracts.metrics import decisions as metrics
from decisions.answer import Answer, Cause, Policy
from decisions.commits import Commits
from decisions.errors import Conflict, Refusal
from decisions.limit import Limit
from decisions.recent import Place, Recent
from decisions.scored import ScoredBatch
from decisions.waiting import Pending, Timers, Waiter

LOST_S = 30.0
"""Seconds after which a transaction without a score no longer counts as under way."""
MOST_REJECTED = 1_000
"""Dead letters that are remembered until the acknowledgement of their transaction is there."""
_TAKEN_IN, _STORED, _SCORED, _COMMITTED = (
    metrics.DECISION_STEP_SECONDS.labels(step) for step in ("taken in", "stored", "scored", "committed")
)


class Correlator:
    """Answers waiters.

    Args:
        recent: the newest scores.
        policy: how scores become decisions.
        limit: counts the pending transactions.
        timers: clock and calls at a deadline.
    """

    def __init__(self, recent: Recent, policy: Policy, limit: Limit, timers: Timers) -> None:
        self._recent, self._policy, self._limit, self._timers = recent, policy, limit, timers
        self._pending: dict[bytes, Pending] = {}
        self._at: dict[Place, Pending] = {}
        self._rejected: dict[Place, str] = {}
        self._for_alert: dict[Place, list[Waiter]] = {}
        self._commits = Commits()
        self._for_commit: dict[ScoredBatch, list[Waiter]] = {}

    def expect(self, waiter: Waiter) -> None:
        """Answer a waiter at its deadline, also if its transaction is not taken in by then."""
        waiter.timer = self._timers.call_at(waiter.deadline, lambda: self._time_is_up(waiter))

    def join(self, identity: bytes, fingerprint: bytes, waiter: Waiter) -> bool:
        """Let a waiter wait for a transaction that is known or pending; return False if it is neither.

        A waiter whose transaction has other content under the same id gets a `Conflict`.
        """
        if (known := self._recent.find(identity)) is not None:
            batch, row = known
            if batch.fingerprint(row) != fingerprint:
                self.finish(waiter, conflict())
            else:
                self._attend(waiter, known)
            return True
        pending = self._pending.get(identity)
        if pending is None:
            return False
        if pending.fingerprint != fingerprint:
            self.finish(waiter, conflict())
        else:
            pending.waiters.append(waiter)
        return True

    def begin(self, identity: bytes, fingerprint: bytes, waiter: Waiter, since: float) -> None:
        """Make a transaction pending, with its first waiter; it counts as under way until it has a score."""
        pending = Pending(identity, fingerprint, since, since)
        self._pending[identity] = pending
        pending.waiters.append(waiter)

    def written(self, identity: bytes) -> None:
        """Note that a pending transaction was handed to the producer."""
        if (pending := self._pending.get(identity)) is not None:
            pending.end_step(_TAKEN_IN, self._timers.time())

    def fail(self, identity: bytes, outcome: Answer | Refusal | Cause) -> None:
        """End a pending transaction that gets no score."""
        pending = self._end(identity)
        for waiter in pending.waiters if pending else ():
            self.finish(
                waiter,
                self._policy.stand_in(waiter.id, outcome) if isinstance(outcome, Cause) else outcome,
            )

    def stored(self, identity: bytes, place: Place) -> None:
        """Note where a pending transaction was written to."""
        pending = self._pending.get(identity)
        if pending is None:
            return
        pending.place, self._at[place] = place, pending
        pending.end_step(_STORED, self._timers.time())
        if (reason := self._rejected.pop(place, None)) is not None:
            self.rejected(place, reason)

    def rejected(self, place: Place, reason: str) -> None:
        """End a transaction that became a dead letter: its id came before, or it cannot be scored.

        Args:
            place: where the transaction was written to.
            reason: that of the dead letter.
        """
        pending = self._at.get(place)
        if pending is None:  # of another producer, or its acknowledgement is still on the way
            self._rejected[place] = reason
            while len(self._rejected) > MOST_REJECTED:
                del self._rejected[next(iter(self._rejected))]
            return
        self.fail(pending.id, conflict() if reason == REUSED_ID else Cause.NOT_SCORED)

    def scored(self, batch: ScoredBatch) -> None:
        """Take a batch of scores, and answer those who wait for them."""
        now = batch.read_at = self._timers.time()
        self._commits.await_end(batch)
        for row, before in self._recent.add(batch):
            if before is not None:
                self._scored_again(before, batch, row)
            pending = self._end(batch.ids[row])
            if pending is not None:
                pending.end_step(_SCORED, now)
                self._limit.answered(now - pending.since)
                for waiter in pending.waiters:
                    self._attend(waiter, self._recent.find(pending.id) or (batch, row))

    def alerted(self, place: Place, alert: bytes) -> None:
        """Take an alert, and answer those who wait for its reasons."""
        self._recent.add_alert(place, alert)
        for waiter in self._for_alert.pop(place, ()):
            self._try(waiter)

    def ended(self, partition: int, producer: int, *, committed: bool) -> None:
        """Note that a producer's transaction has ended in a partition of `scored`.

        What waits for the commit of an aborted batch waits on: the scorer repeats the batch.
        """
        for batch in self._commits.end(partition, producer, committed=committed):
            if committed:
                _COMMITTED.observe(self._timers.time() - batch.read_at)
                for waiter in self._for_commit.pop(batch, ()):
                    self._try(waiter)

    def forget_lost(self) -> None:
        """Stop counting transactions that have waited for a score for too long."""
        until = self._timers.time() - LOST_S
        for pending in list(self._pending.values()):
            if pending.since > until:
                return
            self._end(pending.id)
            metrics.DECISIONS_LOST.inc()

    def _end(self, identity: bytes) -> Pending | None:
        """Take a transaction out of the pending ones."""
        pending = self._pending.pop(identity, None)
        if pending is not None:
            self._limit.release()
            if pending.place is not None:
                del self._at[pending.place]
        return pending

    def _attend(self, waiter: Waiter, known: tuple[ScoredBatch, int]) -> None:
        """Answer a waiter whose score is known, or let it wait for alert or commit."""
        waiter.known = known
        self._try(waiter)

    def _try(self, waiter: Waiter) -> None:
        if waiter.finished or waiter.known is None:
            return
        batch, row = waiter.known
        if batch.needs_alert(row) and self._recent.alert(batch.place(row)) is None:
            self._for_alert.setdefault(batch.place(row), []).append(waiter)
        elif waiter.durable and not batch.durable:
            self._for_commit.setdefault(batch, []).append(waiter)
        else:
            self.finish(waiter, self._answer(batch, row))

    def _answer(self, batch: ScoredBatch, row: int) -> Answer:
        alert = self._recent.alert(batch.place(row)) if batch.needs_alert(row) else None
        return self._policy.answer(batch.score(row), alert, provisional=not batch.durable)

    def _time_is_up(self, waiter: Waiter) -> None:
        """Answer with what is known: the score, be it without reasons or commit, or the fallback."""
        if waiter.known is not None:
            self.finish(waiter, self._answer(*waiter.known))
        else:
            self.finish(waiter, self._policy.stand_in(waiter.id, Cause.DEADLINE))

    def finish(self, waiter: Waiter, outcome: Answer | Refusal) -> None:
        """Answer a waiter, once."""
        if waiter.finished:
            return
        waiter.finished = True
        if waiter.timer is not None:
            waiter.timer.cancel()
        waiter.done(outcome)

    def _scored_again(self, before: tuple[ScoredBatch, int], batch: ScoredBatch, row: int) -> None:
        """Move waiters to the new score of a transaction, and count a score that differs from the first.

        After a crash the scorer repeats what was not committed. The result is equal to the bit unless the
        control log changed in between.
        """
        old, old_row = before
        if old is batch or old.place(old_row) != batch.place(row):
            return
        first, second = old.score(old_row), batch.score(row)
        if (first.surprise, first.decision, first.scorer) != (
            second.surprise,
            second.decision,
            second.scorer,
        ):
            metrics.DECISIONS_CHANGED.inc()
        for waiter in self._for_commit.pop(old, ()):
            if waiter.known == before:
                self._attend(waiter, (batch, row))
            else:
                self._for_commit.setdefault(old, []).append(waiter)


def conflict() -> Conflict:
    """Return the refusal of a transaction whose id belongs to another one."""
    return Conflict(
        "another transaction has this id", where="transaction id", allowed="the same transaction, or a new id"
    )
