"""Parts of a detector summary."""

from __future__ import annotations

from typing import Any

from console.results.detectors import TrialRow
from storage.alert_queue import AlertCounts
from storage.shadow_alerts import Trial

BASE = "base"
"""Kind of a base, and the scorer in its alerts."""


def alert_counts(tally: AlertCounts) -> dict[str, Any]:
    """Return the fields of a summary that count alerts."""
    return {
        "alerts": tally.alerts,
        "confirmed": tally.confirmed,
        "rejected": tally.rejected,
        "money_held": tally.money_held,
        "money_open": tally.money_open,
        "precision": tally.precision,
    }


def trial_row(trial: Trial | None) -> TrialRow | None:
    """Return the trial of a detector, or None if it is not on trial."""
    if trial is None:
        return None
    return TrialRow(trial.alerts, trial.new, trial.fraud, trial.genuine, trial.new_amount)
