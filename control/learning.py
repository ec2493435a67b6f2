"""The learning state: a base whose tails come from its history, on traffic that they may not fit."""

from __future__ import annotations

from control.entry import Kind
from control.promote import CALIBRATED_ON, HISTORY
from control.snapshot import Snapshot

JOINT = "joint"
"""Id of the entry that holds tails and threshold fitted to traffic."""
ROWS, DAYS = "calibration_rows", "calibration_days"
"""Values of that entry: rows, and days of event time, that it is fitted to."""
_LEARNT_ROWS, _LEARNT_DAYS, _LONGEST_DAYS = 40_000, 2.0, 14.0
"""Profiles fill for days, and the scores of genuine traffic move with them."""


def calibrated_rows(snapshot: Snapshot) -> int | None:
    """Return the rows of live traffic that the base in force is fitted to.

    Returns:
        The rows; 0 before the first calibration; None without a base, and for a base that was announced with
        tails of live traffic.
    """
    bases = snapshot.in_force(Kind.BASE).values()
    base = max(bases, key=lambda applied: applied.offset, default=None)
    if base is None or base.entry.values.get(CALIBRATED_ON) != HISTORY:
        return None
    joint = snapshot.in_force(Kind.THRESHOLD).get(JOINT)
    fitted = joint is not None and joint.entry.parent == base.entry.content_hash
    return int(joint.entry.values.get(ROWS, 0)) if joint is not None and fitted else 0


def is_learning(snapshot: Snapshot) -> bool:
    """Return whether the base in force is not fitted to enough live traffic yet."""
    rows = calibrated_rows(snapshot)
    if not rows:
        return rows is not None
    days = float(snapshot.in_force(Kind.THRESHOLD)[JOINT].entry.values.get(DAYS, 0.0))
    return not has_learnt(rows, days)


def has_learnt(rows: int, days: float) -> bool:
    """Return whether a calibration ends the learning state.

    Args:
        rows: Transactions that it is fitted to.
        days: Days of event time that they are spread over.
    """
    return (rows >= _LEARNT_ROWS and days >= _LEARNT_DAYS) or days >= _LONGEST_DAYS
