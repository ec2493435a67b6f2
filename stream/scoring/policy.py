"""Compares scores with the decision policy: which are approved, reviewed or declined."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from contracts.alert import Reason
from contracts.decision import Decision
from control.snapshot import Snapshot
from features.byte_strings import ByteStrings
from rules.evaluation import Rows
from rules.policy.compiled import RowBounds
from rules.policy.definition import OTHERWISE


def bounds_of(snapshot: Snapshot, rows: Rows | None, cards: ByteStrings, n: int) -> RowBounds:
    """Return the bounds of n transactions: those of the policy, or the threshold alone.

    Args:
        snapshot: everything in force.
        rows: the transactions; read where a policy is in force.
        cards: n keys of the primary entity.
        n: number of transactions.
    """
    threshold = np.inf if snapshot.threshold is None else snapshot.threshold
    if snapshot.policy is None or rows is None:
        return RowBounds(np.zeros(n, np.int32), np.full(n, threshold), np.full(n, np.inf))
    return snapshot.policy.bounds(rows, cards, snapshot.lists.by_name, threshold)


def decide_by_surprise(surprise: NDArray[np.float64], bounds: RowBounds) -> NDArray[np.int8]:
    """Return the decision on each of n surprises, int8 (n,)."""
    over = surprise > bounds.review
    declined = over & (surprise >= bounds.decline)
    return np.where(declined, Decision.DECLINE, np.where(over, Decision.REVIEW, Decision.APPROVE)).astype(
        np.int8
    )


def policy_reasons(snapshot: Snapshot, segment: int, decision: int) -> list[Reason]:
    """Return what the alert of a scorer says about the policy; nothing where the budget's threshold decided.

    Args:
        snapshot: everything in force.
        segment: place of the transaction's segment.
        decision: a `Decision`.
    """
    if snapshot.policy is None:
        return []
    name, bounds = list(snapshot.policy.definition.named())[segment]
    bound = bounds.decline_from if decision == Decision.DECLINE else bounds.review_from
    if bound is None:
        return []
    done = "declines" if decision == Decision.DECLINE else "reviews"
    where = "other traffic" if name == OTHERWISE else name
    return [Reason(f"policy {name}", bound, 0.0, f"policy: {done} {where} from surprise {bound:g}")]
