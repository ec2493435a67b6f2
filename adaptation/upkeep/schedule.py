"""Work by the clock while no request waits: adapt again, recalibrate, steer, refine, expire, delete."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable

from sqlalchemy import Engine

from adaptation.context import AdaptationContext
from adaptation.going_live.growing import adapt_grown
from adaptation.going_live.result import PendingChange
from adaptation.going_live.surges import settle_surge
from adaptation.proposing.preparation import AdaptationNotReady
from adaptation.proposing.surging import surges_of
from adaptation.upkeep.background import Background
from adaptation.upkeep.covering import propose_retirements
from adaptation.upkeep.recalibrating import AUTHOR, BUDGET, recalibrate
from adaptation.upkeep.refining import refine
from adaptation.upkeep.retiring import retire
from adaptation.upkeep.steering import Steerer
from adaptation.upkeep.waking import wake
from contracts.metrics import adaptation as metrics
from contracts.request import Request
from contracts.standing_policy import DAY_S, StandingPolicy
from control.applied import Applied
from control.change import Change
from control.entry import Kind
from control.learning import JOINT, calibrated_rows
from control.snapshot import Snapshot
from meta.reservoir import FEWEST_ROWS
from storage import StorageError
from storage.retention import Retention, enforce_retention

log = logging.getLogger(__name__)

EVERY_S = 1.0
DELETE_EVERY_S = 3_600.0
BUDGET_MOVES = 0.041  # log10 of 1.1: alerts a day, as a share, change with every day's traffic
HALF_LIVES = 10
"""After this many a count has faded to a thousandth."""


class Upkeep:
    """Does at most one piece of work a turn, so that a request never waits for several.

    Args:
        context: database, control log, prepared calibration, standing policy.
        settle: takes retirements, whose acknowledgements are then awaited.
    """

    def __init__(self, context: AdaptationContext, settle: Callable[[PendingChange], None]) -> None:
        self._context, self._settle = context, settle
        self._next = self._next_delete = 0.0
        self._compared = ""
        self._steerer = Steerer(context)
        self._background = Background()
        self._deleting: threading.Thread | None = None

    def close(self) -> None:
        """End the process that refines."""
        self._background.close()

    def turn(self) -> None:
        """Do what is due, at most once a second.

        Raises:
            StorageUnavailable: the database is away.
            ControlLogUnavailable: the broker is away.
        """
        now = self._context.clock()
        if now < self._next:
            return
        self._next = now + EVERY_S
        self._context.reread_policy()
        self._delete_old(now)
        snapshot = self._context.announcer.refresh()
        self._context.surges = surges_of(snapshot)
        metrics.BUDGET.set(self._context.budget)
        try:
            done = (
                adapt_grown(self._context)
                or wake(self._context, snapshot)
                or settle_surge(self._context, snapshot, now)
                or self._expire(snapshot, now)
                or self._recalibrate(snapshot, now)
                or self._steerer.turn(snapshot, now)
                or refine(self._context, snapshot, self._background)
            )
            self._compare(snapshot)
        except AdaptationNotReady:
            return
        if done:
            self._next = now

    def _compare(self, snapshot: Snapshot) -> None:
        """Once per base, propose to retire the detectors that it makes needless."""
        if snapshot.base is None or snapshot.base.content_hash == self._compared or not snapshot.detectors:
            return
        ready = self._context.preparation.ready(snapshot, newest=True)
        if found := propose_retirements(self._context, ready):
            log.info("adapter: the base in force makes %d detector(s) needless; see `flagfive status`", found)
        self._compared = snapshot.base.content_hash

    def _expire(self, snapshot: Snapshot, now: float) -> bool:
        days = self._context.policy.expire_days
        for identity, applied in snapshot.in_force(Kind.DETECTOR).items():
            if days and now - applied.entry.time > days * DAY_S:
                reason = f"expired: adapted last more than {days:g} days ago"
                request = Request(
                    f"expire-{identity}-{applied.offset}", "retire", AUTHOR, now, identity, reason=reason
                )
                outcome = retire(self._context, request, now)
                if isinstance(outcome, PendingChange):
                    self._settle(outcome)
                return True
        return self._drop_faded(snapshot)

    def _drop_faded(self, snapshot: Snapshot) -> bool:
        """Retire one entry of risk that has no effect any more."""
        held = snapshot.in_force(Kind.RISK)
        if not held:
            return False
        with self._context.unit(reads_only=True) as unit:
            newest = unit.transactions.newest_event_time()
        for identity, applied in held.items():
            if newest is not None and newest > _acts_until(applied):
                change = Change(Kind.RISK, identity, AUTHOR, "faded", {}, {}, retired=True)
                self._context.announcer.announce(change)
                return True
        return False

    def _recalibrate(self, snapshot: Snapshot, now: float) -> bool:
        hours = self._context.policy.recalibrate_hours
        last = snapshot.applied.get(f"{Kind.THRESHOLD}/{JOINT}".encode())
        if hours and self._outgrown(snapshot):
            return self._log(recalibrate(self._context, "more traffic than the base was calibrated on"))
        if hours and self._budget_changed(last):
            return self._log(recalibrate(self._context, f"the budget is now {self._context.budget:.4%}"))
        bases = snapshot.in_force(Kind.BASE).values()
        since = max((a.entry.time for a in (*bases, *([last] if last else []))), default=now)
        if not hours or now - since < hours * 3_600.0:
            return False
        return self._log(recalibrate(self._context, f"recalibrated every {hours:g} hours"))

    def _outgrown(self, snapshot: Snapshot) -> bool:
        """Whether a base that started with the tails of its history has seen twice the traffic since."""
        fitted = calibrated_rows(snapshot)
        if fitted is None:
            return False
        due = 2 * fitted or FEWEST_ROWS
        return len(self._context.preparation.ready(snapshot, newest=True).prepared) >= due

    def _budget_changed(self, last: Applied | None) -> bool:
        """Whether the budget differs by more than a tenth from the one that the threshold was fitted to."""
        filed = self._context.filed.alert_rate
        made_for = last.entry.values.get(BUDGET, filed) if last else filed
        return abs(math.log10(self._context.budget / made_for)) > BUDGET_MOVES

    def _log(self, offset: int | None) -> bool:
        if offset is not None:
            log.info("adapter: recalibrated, control offset %d", offset)
            self._steerer.hurry()
        return offset is not None

    def _delete_old(self, now: float) -> None:
        terms = self._context.policy
        kept = (terms.transactions_days, terms.alerts_days, terms.labels_days, terms.cases_days)
        if not any(kept) or now < self._next_delete:
            return
        if self._deleting is not None and self._deleting.is_alive():
            return
        self._next_delete = now + DELETE_EVERY_S
        # In a thread of its own: the first deletion, after months, takes minutes.
        self._deleting = threading.Thread(
            target=_delete, args=(self._context.engine, terms, now), name="retention", daemon=True
        )
        self._deleting.start()


def _delete(engine: Engine, terms: StandingPolicy, now: float) -> None:
    keep_all = float("inf")
    retention = Retention(
        terms.transactions_days or keep_all,
        terms.alerts_days or keep_all,
        labels_days=terms.labels_days or keep_all,
        cases_days=terms.cases_days or keep_all,
    )
    try:
        deleted = enforce_retention(engine, retention, now=now)
    except StorageError as error:
        log.warning("retention: %s; next try in an hour", error)
        return
    if any(deleted.values()):
        log.info("retention: deleted %s", ", ".join(f"{n} of {table}" for table, n in deleted.items() if n))


def _acts_until(applied: Applied) -> float:
    """Event time from which none of an entry's rules has an effect."""
    rules = [placed.rule for placed in applied.loaded] if isinstance(applied.loaded, tuple) else []
    ends = [
        rule.as_of + HALF_LIVES * rule.half_life_s if rule.until is None else rule.until for rule in rules
    ]
    return max(ends, default=float("-inf"))
