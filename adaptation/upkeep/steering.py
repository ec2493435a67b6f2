"""Steers the joint threshold by what is stored, as small entries of the control log.

`meta.steering` decides. An entry is announced only where the threshold moves by more than `MOVES`, and at
most once in `budget.steer_seconds`.
"""

from __future__ import annotations

import logging

import numpy as np

from adaptation.context import AdaptationContext
from contracts.metrics import adaptation as metrics
from contracts.standing_policy import DAY_S
from control.change import Change
from control.entry import Kind
from control.learning import LearningProgress, is_learning
from control.snapshot import Snapshot
from meta.steering import MOVES, Steering, steer
from meta.steering_inputs import RecentAlerts, RecentScores, Traffic, period_start
from meta.threshold import first_threshold
from storage import UnitOfWork
from storage.budget_counts import alert_verdicts, count_after

log = logging.getLogger(__name__)

STEERED = "steered"
"""Id of the entry."""
AUTHOR = "adapter"
JUDGED_DAYS = 14.0
_REACTION = 3.0
"""Decisions until the effect of one is stored and known."""


class Steerer:
    """Decides once in `steer_seconds`; it keeps only how many transactions of the period it has counted."""

    def __init__(self, context: AdaptationContext) -> None:
        self._context = context
        self._next = context.clock() + context.policy.steer_seconds
        self._counted = _Counted()
        self._at_floor = False

    def turn(self, snapshot: Snapshot, now: float) -> bool:
        """Decide if it is due, and announce the threshold if it moves.

        Returns:
            Whether an entry was announced.

        Raises:
            AdaptationNotReady: there is nothing to score with.
            StorageUnavailable: the database is away.
            ControlLogUnavailable: the broker is away.
        """
        every = self._context.policy.steer_seconds
        learning = is_learning(snapshot)
        metrics.LEARNING.set(learning)
        progress = LearningProgress(*self._context.preparation.stored)
        metrics.LEARNING_PROGRESS.set(progress.share if learning else 1.0)
        if not every or now < self._next or snapshot.base is None:
            return False
        self._next = now + every
        ready = self._context.preparation.ready(snapshot, newest=True)
        prepared, surprise = ready.prepared, ready.prepared.traffic.raised
        if ready.bounds is not None:
            # No threshold alerts rows with a bound of their own, so for its quantile they are unsuspicious.
            surprise = np.where(np.isnan(ready.bounds), surprise, 0.0)
        scores = RecentScores(surprise, prepared.event_time, self._context.preparation.stored_per_row)
        with self._context.unit(reads_only=True) as unit:
            traffic = self._traffic(unit, snapshot, scores, learning, now)
        budget = self._context.budget
        in_force = first_threshold(budget) if snapshot.threshold is None else snapshot.threshold
        if traffic is None:
            return False
        least = self._context.policy.models_least
        found = steer(traffic, threshold=in_force, budget=budget, learning=learning, least=least)
        if found is None:
            return False
        _show(found, in_force, budget)
        self._say_who_spends(found, budget)
        if abs(found.threshold - in_force) <= MOVES:
            return False
        offset = self._context.announcer.announce(_change(snapshot, found, budget, learning)).offset
        log.info("adapter: threshold %.2f, was %.2f, control offset %d", found.threshold, in_force, offset)
        return True

    def _say_who_spends(self, found: Steering, budget: float) -> None:
        """Log once when rules, lists and segments leave the models their floor only, and once when more."""
        if found.at_floor(budget) == self._at_floor:
            return
        self._at_floor = not self._at_floor
        used = f"rules, lists and segments use {found.fixed_share / budget:.0%} of the budget"
        if self._at_floor:
            log.warning("adapter: %s; the models' share is at its floor of %.0f%%", used, 100.0 * found.least)
        else:
            log.info("adapter: %s; the models use the rest", used)

    def hurry(self) -> None:
        """Decide at the next turn, since the stack has changed."""
        self._next = 0.0

    def _traffic(
        self, unit: UnitOfWork, snapshot: Snapshot, scores: RecentScores, learning: bool, now: float
    ) -> Traffic | None:
        newest = unit.transactions.newest_event_time()
        if newest is None:
            return None
        start = period_start(newest, learning=learning)
        verdicts = alert_verdicts(unit.session, min(start, newest - JUDGED_DAYS * DAY_S))
        alerts = RecentAlerts(
            verdicts.event_time,
            verdicts.surprise,
            verdicts.judged,
            verdicts.fraud,
            verdicts.control_offset >= _stack_since(snapshot),
            verdicts.card,
            verdicts.cause,
        )
        rows = self._counted.rows_since(unit, start)
        per_decision = unit.transactions.recent_rate(now=now) * self._context.policy.steer_seconds
        return Traffic(scores, alerts, newest, rows, _REACTION * per_decision)


def _stack_since(snapshot: Snapshot) -> int:
    """Return the control offset since which surprises mean the same."""
    kinds = (Kind.BASE, Kind.DETECTOR, Kind.THRESHOLD)
    changes = (a for a in snapshot.applied.values() if a.entry.kind in kinds and a.entry.id != STEERED)
    return max((a.place for a in changes), default=0)


class _Counted:
    """Counts the transactions of a period; each call reads only what was stored since the last one."""

    def __init__(self) -> None:
        self._start, self._rows = float("nan"), 0
        self._places: dict[int, int] = {}

    def rows_since(self, unit: UnitOfWork, start: float) -> int:
        """Return the stored transactions with an event time from `start` on."""
        if start != self._start:
            self._start, self._rows, self._places = start, 0, {}
        ranges = unit.transactions.offset_ranges()
        self._rows += count_after(unit.session, self._places, start)
        self._places = {partition: high for partition, (_, high) in ranges.items()}
        return self._rows


def _change(snapshot: Snapshot, found: Steering, budget: float, learning: bool) -> Change:
    assert snapshot.base is not None  # checked by the caller
    state = "learning" if learning else "steering"
    reason = (
        f"{state}: {found.false_alarms:.1f} false alarms in this {'hour' if learning else 'day'}, "
        f"{found.aimed:.3%} of genuine traffic is aimed at"
    )
    if found.fixed_share > 0.0:
        reason += f"; rules, lists and segments use {found.fixed_share / budget:.0%} of the budget"
    values = {
        "threshold": found.threshold,
        "aimed": found.aimed,
        "false_alarms": found.false_alarms,
        "budget": budget,
        "fixed_share": found.fixed_share,
    }
    return Change(Kind.THRESHOLD, STEERED, AUTHOR, reason, {}, values, snapshot.base.content_hash)


def _show(found: Steering, in_force: float, budget: float) -> None:
    metrics.THRESHOLD.set(in_force)
    metrics.AIMED_SHARE.set(found.aimed)
    metrics.FALSE_ALARMS.set(found.false_alarms)
    metrics.FIXED_SHARE.set(found.fixed_share / budget)
    metrics.MODELS_AT_FLOOR.set(found.at_floor(budget))
