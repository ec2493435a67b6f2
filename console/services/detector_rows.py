"""One detector or base as the API tells it."""

from __future__ import annotations

from typing import Any

from console.results.detectors import TrialRow
from storage.alert_queue import AlertCounts
from storage.shadow_alerts import Trial

BASE = "base"
"""Kind of a base, and the scorer that its alerts name."""


def came_to(tally: AlertCounts) -> dict[str, Any]:
    """Fields of a row: what became of its alerts."""
    return {
        "alerts": tally.alerts,
        "confirmed": tally.confirmed,
        "rejected": tally.rejected,
        "money_held": tally.money_held,
        "precision": tally.precision,
    }


def trial_row(trial: Trial | None) -> TrialRow | None:
    """What one on trial would have alerted, where it is on trial."""
    if trial is None:
        return None
    return TrialRow(trial.alerts, trial.new, trial.fraud, trial.genuine, trial.new_amount)
