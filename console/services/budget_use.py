"""What each cause uses of the budget that rules and models share: today, and in the last days."""

from __future__ import annotations

from collections import Counter

from console.context import ConsoleContext
from console.policy import standing_policy
from console.results.decision_policy import BudgetShare, BudgetUse
from contracts.alert import BLOCK, SEGMENT_PREFIX
from contracts.standing_policy import DAY_S, StandingPolicy
from rules.definition import RULE_PREFIX
from storage import UnitOfWork
from storage.budget_counts import CauseCount, counts_by_cause

BUDGET_DAYS = 7.0
CAUSES = ("base", "detectors", "rules", "segments", "lists and blocks")
FIXED = CAUSES[2:]
"""Causes that the threshold of the budget does not change."""
_SHORTEST_DAYS = 1 / 24


def budget_use(context: ConsoleContext, unit: UnitOfWork) -> BudgetUse:
    """Return the alerts of the last days by what raised them, beside what the budget allows."""
    newest, terms = unit.past.newest_event_time(), standing_policy(context, unit)
    if newest is None:
        return BudgetUse(0.0, terms.alerts_per_day, 0.0, [])
    days = min(max(unit.past.stored_days(), _SHORTEST_DAYS), BUDGET_DAYS)
    since = newest - days * DAY_S
    allowed = terms.alerts_per_day or terms.alert_rate * unit.past.count_since(since) / days
    lately, today, last = (
        _Counts(counts_by_cause(unit.session, start))
        for start in (since, newest // DAY_S * DAY_S, newest - DAY_S)
    )
    a_day = max(allowed, 1e-9)
    shares = [
        BudgetShare(
            of,
            lately.alerts[of],
            lately.alerts[of] / days,
            lately.rejected[of],
            lately.unconfirmed[of] / days / a_day,
            today.alerts[of],
            today.unconfirmed[of] / a_day,
        )
        for of in CAUSES
    ]
    fixed = sum(last.unconfirmed[of] for of in FIXED) / min(days, 1.0) / a_day
    return BudgetUse(
        days,
        allowed,
        sum(one.a_day for one in shares),
        shares,
        sum(one.used for one in shares),
        sum(one.used_today for one in shares),
        _warning(fixed, terms),
    )


class _Counts:
    """Alerts by what raised them."""

    def __init__(self, found: list[CauseCount]) -> None:
        self.alerts, self.rejected, self.unconfirmed = (Counter[str]() for _ in range(3))
        for one in found:
            of = _kind_of(one.scorer, one.cause)
            self.alerts[of] += one.alerts
            self.rejected[of] += one.rejected
            self.unconfirmed[of] += one.alerts - one.confirmed


def _kind_of(scorer: str, cause: str) -> str:
    if cause.startswith(RULE_PREFIX):
        return "rules"
    if cause.startswith(SEGMENT_PREFIX):
        return "segments"
    if cause == BLOCK:
        return "lists and blocks"
    return "base" if scorer in ("base", "") else "detectors"


def _warning(fixed: float, terms: StandingPolicy) -> str:
    if fixed < 1.0 - terms.models_least:
        return ""
    return (
        f"Rules, lists and segments used {fixed:.0%} of the budget in the last 24 hours. The models' share "
        f"is at its floor of {terms.models_least:.0%} (budget.models_least)."
    )
