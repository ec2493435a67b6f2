"""The terms in force: the settings file's, and over them what an administrator set in the console."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from console.context import ConsoleContext
from storage import UnitOfWork


@dataclass(frozen=True)
class Terms:
    """Budget, what becomes of a detector that passed the gate, four eyes, retention (days, 0 keeps all).

    `alerts_per_day` counts instead of `alert_rate` where it is over 0.
    """

    alert_rate: float
    alerts_per_day: float
    policy: Literal["auto", "approve", "shadow"]
    four_eyes: bool
    transactions_days: float
    alerts_days: float


def terms_of(context: ConsoleContext, unit: UnitOfWork) -> Terms:
    """What counts now."""
    settings, policy = context.settings, unit.policies.current()
    filed = Terms(
        settings.budget.alert_rate,
        settings.budget.alerts_per_day,
        settings.adaptation.policy,
        settings.adaptation.four_eyes,
        settings.storage.transactions_days,
        settings.storage.alerts_days,
    )
    return replace(filed, **policy.terms) if policy else filed
