"""The learning state: a base whose tails come from its history, on traffic that they may not fit."""

from __future__ import annotations

from dataclasses import dataclass

from control.entry import Entry, Kind
from control.promote import CALIBRATED_ON, HISTORY
from control.snapshot import Snapshot

JOINT = "joint"
"""Id of the entry that holds tails and threshold fitted to traffic."""
ROWS, DAYS = "calibration_rows", "calibration_days"
"""Values of that entry: rows that it is fitted to, and days of event time that were stored by then."""
LEARNT_ROWS, LEARNT_DAYS, LONGEST_DAYS = 40_000, 2.0, 14.0
"""Profiles fill for days, and the scores of genuine traffic move with them."""


@dataclass(frozen=True)
class LearningProgress:
    """How far a learning installation is.

    Attributes:
        rows: Stored transactions.
        days: Days of event time that they span.

    >>> LearningProgress(20_000, 1.5).share, LearningProgress(9, 14.0).share
    (0.5, 1.0)
    """

    rows: int
    days: float

    @property
    def share(self) -> float:
        """Share of the way to the calibration that ends the learning state, 0 to 1."""
        usual = min(self.rows / LEARNT_ROWS, self.days / LEARNT_DAYS)
        return min(max(usual, self.days / LONGEST_DAYS), 1.0)

    @property
    def words(self) -> str:
        """Describe the state and what ends it in two sentences."""
        rows = min(self.rows, LEARNT_ROWS)
        return (
            f"Learning: {rows:,} of {LEARNT_ROWS:,} transactions stored, {self.days:.1f} of "
            f"{LEARNT_DAYS:g} days. The threshold holds the queue at the budget of each hour until a "
            f"calibration on both, or on {LONGEST_DAYS:g} days."
        )


def calibrated_rows(snapshot: Snapshot) -> int | None:
    """Return the rows of live traffic that the base in force is fitted to.

    Returns:
        The rows; 0 before the first calibration; None without a base, and for a base that was announced with
        tails of live traffic.
    """
    base, joint = _entries(snapshot)
    if base is None or base.values.get(CALIBRATED_ON) != HISTORY:
        return None
    return int(joint.values.get(ROWS, 0)) if joint is not None and joint.parent == base.content_hash else 0


def is_learning(snapshot: Snapshot) -> bool:
    """Return whether the base in force is not fitted to enough live traffic yet."""
    base, joint = _entries(snapshot)
    return base is not None and still_learns(base, joint)


def still_learns(base: Entry, joint: Entry | None) -> bool:
    """Return whether a base is not fitted to enough live traffic yet.

    Args:
        base: Entry of the base in force.
        joint: Entry of the latest calibration; None before the first.
    """
    if base.values.get(CALIBRATED_ON) != HISTORY:
        return False
    if joint is None or joint.parent != base.content_hash:
        return True
    return not has_learnt(int(joint.values.get(ROWS, 0)), float(joint.values.get(DAYS, 0.0)))


def has_learnt(rows: int, days: float) -> bool:
    """Return whether a calibration ends the learning state.

    Args:
        rows: Transactions that it is fitted to.
        days: Days of event time that were stored by then.

    >>> has_learnt(50_000, 0.5), has_learnt(50_000, 2.5), has_learnt(3_000, 14.0)
    (False, True, True)
    """
    return (rows >= LEARNT_ROWS and days >= LEARNT_DAYS) or days >= LONGEST_DAYS


def _entries(snapshot: Snapshot) -> tuple[Entry | None, Entry | None]:
    bases = snapshot.in_force(Kind.BASE).values()
    base = max(bases, key=lambda applied: applied.place, default=None)
    joint = snapshot.in_force(Kind.THRESHOLD).get(JOINT)
    return base.entry if base else None, joint.entry if joint else None
