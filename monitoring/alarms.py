"""Alarms, stored as rows of `measurements`: a finding opens an alarm, and its absence closes it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from monitoring.findings import Finding
from monitoring.periods import DAY_S
from storage import UnitOfWork
from storage.measurements import Measurement

log = logging.getLogger(__name__)

KIND = "alarm"
NAMES = (
    "feature_drift",
    "slow_drift",
    "change_evidence",
    "score_drift",
    "unseen_values",
    "missing_values",
    "new_entities",
    "alert_rate",
    "labels_silent",
    "precision_fall",
)
"""Names of all alarms: label values of the metric, and names of the runbooks in docs/runbooks/."""
SAME_WITHIN_S = DAY_S
"""An alarm that returns within this time is the same alarm: a figure near its limit must not page hourly."""
OPEN, CLOSED = 1.0, 0.0


def open_alarms(unit: UnitOfWork) -> dict[str, Measurement]:
    """Return the open alarms, by name."""
    return {name: row for name, row in unit.measurements.latest(KIND).items() if row.value == OPEN}


def update_alarms(unit: UnitOfWork, findings: Sequence[Finding], now: float) -> list[Measurement]:
    """Open, refresh and close alarms so that exactly those of `findings` are open.

    Args:
        unit: the unit of work; the caller commits it.
        findings: what the round found, at most one for each alarm.
        now: time of the round, seconds since 1970.

    Returns:
        The alarms that this call opened.
    """
    latest = unit.measurements.latest(KIND)
    opened = []
    for finding in findings:
        row = _row(finding, latest.get(finding.alarm), now)
        if row.time == now:
            opened.append(row)
            log.warning("alarm %s: %s", finding.alarm, describe(finding))
        unit.measurements.put([row])
    _close(unit, latest.values(), {finding.alarm for finding in findings}, now)
    return opened


def describe(finding: Finding) -> str:
    """Describe a finding in one line.

    Args:
        finding: the finding.

    Returns:
        Its subjects, the worst figure and the limit.

    Example:
        >>> describe(Finding("feature_drift", ("card_ratio_7d",), 0.5, 0.25))
        'card_ratio_7d: 0.5, allowed 0.25'
    """
    return f"{', '.join(finding.subjects)}: {finding.value:.3g}, allowed {finding.limit:.3g}"


def _row(finding: Finding, last: Measurement | None, now: float) -> Measurement:
    began = now
    if last is not None and (last.value == OPEN or now - last.details["ended"] < SAME_WITHIN_S):
        began = last.time
    details = {"subjects": list(finding.subjects), "limit": finding.limit, "worst": finding.value}
    return Measurement(
        kind=KIND,
        subject=finding.alarm,
        time=began,
        value=OPEN,
        details={**details, "found": dict(finding.details)},
    )


def _close(unit: UnitOfWork, rows: Iterable[Measurement], still: set[str], now: float) -> None:
    for row in rows:
        if row.value == OPEN and row.subject not in still:
            row.value, row.details = CLOSED, {**row.details, "ended": now}
            log.info("alarm %s has ended", row.subject)
