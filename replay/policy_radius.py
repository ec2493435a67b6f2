"""What a decision policy would do with stored transactions, beside what is in force; counts by segment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from replay.truth import FRAUD, GENUINE
from rules.policy.compiled import RowBounds

DAY_S: Final = 86_400.0
_SHORTEST_DAYS: Final = 1 / 24
_COUNTS: Final = (
    "transactions", "reviewed_now", "declined_now", "reviewed", "declined",
    "fraud", "fraud_held_now", "fraud_held", "genuine", "genuine_declined_now", "genuine_declined",
)  # fmt: skip
_AMOUNTS: Final = ("declined_amount", "fraud_amount", "fraud_held_now_amount", "fraud_held_amount")


@dataclass(frozen=True)
class SegmentRadius:
    """What one segment of the tried policy would do; `now` is what is in force, for the same transactions.

    Attributes:
        name: Name of the segment.
        transactions: Its transactions that lists and rules do not decide.
        reviewed_now: Those that what is in force reviews.
        declined_now: Those that it declines.
        reviewed: Those that the tried policy reviews.
        declined: Those that it declines.
        fraud: Those whose last verdict is fraud.
        fraud_held_now: Those of `fraud` that what is in force reviews or declines.
        fraud_held: Those of `fraud` that the tried policy reviews or declines.
        genuine: Those whose last verdict is genuine.
        genuine_declined_now: Those of `genuine` that what is in force declines.
        genuine_declined: Those of `genuine` that the tried policy declines.
        declined_amount: Sum of the amounts that the tried policy declines, in units of their currencies.
        fraud_amount: Sum of the amounts of `fraud`.
        fraud_held_now_amount: The same of `fraud_held_now`.
        fraud_held_amount: The same of `fraud_held`.
    """

    name: str
    transactions: int
    reviewed_now: int
    declined_now: int
    reviewed: int
    declined: int
    fraud: int
    fraud_held_now: int
    fraud_held: int
    genuine: int
    genuine_declined_now: int
    genuine_declined: int
    declined_amount: float
    fraud_amount: float
    fraud_held_now_amount: float
    fraud_held_amount: float


@dataclass(frozen=True)
class PolicyRadius:
    """What a policy would have done. Lists and rules decide as they did; the threshold is that of now.

    Attributes:
        days: Days of event time that were looked at, at least an hour.
        transactions: Transactions that were looked at.
        left_out: Stored transactions with other features, which were not looked at.
        limited: Why older transactions were not looked at; empty where all were.
        by_others: Alerts of lists, blocks and rules, which the policy leaves as they were.
        budget_a_day: Alerts a day that the budget allows.
        alerts_a_day_now: Alerts a day with what is in force, those of lists and rules included.
        alerts_a_day: Alerts a day with the tried policy, those of lists and rules included.
        segments: Each segment of the tried policy, `otherwise` last.
    """

    days: float
    transactions: int
    left_out: int
    limited: str
    by_others: int
    budget_a_day: float
    alerts_a_day_now: float
    alerts_a_day: float
    segments: list[SegmentRadius]


@dataclass
class PolicyTally:
    """Counts so far, for `segments` segments.

    Attributes:
        segments: Number of segments, `otherwise` included.
        first: Lowest event time.
        last: Highest event time.
        left_out: As in `PolicyRadius`.
        by_others: As in `PolicyRadius`.
    """

    segments: int
    first: float = np.inf
    last: float = -np.inf
    left_out: int = 0
    transactions: int = 0
    by_others: int = 0
    counts: npt.NDArray[np.int64] = field(init=False)
    amounts: npt.NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        """Begin with zeros."""
        self.counts = np.zeros((self.segments, len(_COUNTS)), np.int64)
        self.amounts = np.zeros((self.segments, len(_AMOUNTS)))

    def merge(self, other: PolicyTally) -> None:
        """Add the counts of another process."""
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)
        self.left_out += other.left_out
        self.transactions += other.transactions
        self.by_others += other.by_others
        self.counts += other.counts
        self.amounts += other.amounts


@dataclass(frozen=True)
class PolicyRows:
    """n stored transactions.

    Attributes:
        time: Event times, seconds since 1970, float64 (n,).
        amount: float64 (n,).
        surprise: float64 (n,).
        held_by_others: Whether a list, a block or a rule decided, bool (n,).
        decision: 0 approve, 1 review, 2 decline, as it was, int8 (n,).
        truth: FRAUD, GENUINE or UNKNOWN by the last verdict, int8 (n,).
    """

    time: npt.NDArray[np.float64]
    amount: npt.NDArray[np.float64]
    surprise: npt.NDArray[np.float64]
    held_by_others: npt.NDArray[np.bool_]
    decision: npt.NDArray[np.int8]
    truth: npt.NDArray[np.int8]


def count_policy(rows: PolicyRows, now: RowBounds, tried: RowBounds, tally: PolicyTally) -> None:
    """Add n transactions, at least one, to the counts.

    Args:
        rows: The transactions.
        now: Bounds of what is in force.
        tried: Bounds of the tried policy.
        tally: The counts, changed in place.
    """
    tally.first, tally.last = min(tally.first, rows.time.min()), max(tally.last, rows.time.max())
    tally.transactions += len(rows.time)
    own = ~rows.held_by_others
    tally.by_others += int((rows.held_by_others & (rows.decision > 0)).sum())
    held_now, declined_now = _held(rows.surprise, now, own)
    held, declined = _held(rows.surprise, tried, own)
    fraud, genuine = own & (rows.truth == FRAUD), own & (rows.truth == GENUINE)
    chosen = (
        own, held_now & ~declined_now, declined_now, held & ~declined, declined,
        fraud, fraud & held_now, fraud & held, genuine, genuine & declined_now, genuine & declined,
    )  # fmt: skip
    for at, one in enumerate(chosen):
        tally.counts[:, at] += np.bincount(tried.segment[one], minlength=tally.segments)
    for at, one in enumerate((declined, fraud, fraud & held_now, fraud & held)):
        tally.amounts[:, at] += np.bincount(tried.segment[one], rows.amount[one], minlength=tally.segments)


def policy_radius_of(
    tally: PolicyTally, names: list[str], budget: float, budget_a_day: float, limited: str
) -> PolicyRadius:
    """Return the result of all counts.

    Args:
        tally: The counts.
        names: Name of each segment.
        budget: Share of transactions that may be alerted.
        budget_a_day: Alerts a day that may be raised instead; 0 where the share counts.
        limited: Why older transactions were not looked at; empty where all were.
    """
    days = max((tally.last - tally.first) / DAY_S, _SHORTEST_DAYS) if tally.transactions else _SHORTEST_DAYS
    total = dict(zip(_COUNTS, tally.counts.sum(axis=0).tolist(), strict=True))
    return PolicyRadius(
        days=days,
        transactions=tally.transactions,
        left_out=tally.left_out,
        limited=limited,
        by_others=tally.by_others,
        budget_a_day=budget_a_day or budget * tally.transactions / days,
        alerts_a_day_now=(tally.by_others + total["reviewed_now"] + total["declined_now"]) / days,
        alerts_a_day=(tally.by_others + total["reviewed"] + total["declined"]) / days,
        segments=[
            SegmentRadius(name, *counts, *amounts)
            for name, counts, amounts in zip(
                names, tally.counts.tolist(), tally.amounts.tolist(), strict=True
            )
        ],
    )


def _held(
    surprise: npt.NDArray[np.float64], bounds: RowBounds, own: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return which are reviewed or declined, and which are declined."""
    held = own & (surprise > bounds.review)
    return held, held & (surprise >= bounds.decline)
