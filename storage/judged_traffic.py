"""The newest scored transactions with the last verdict on each; what-if questions count on them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.labels import Label
from storage.scored_transactions import ScoredTransaction


@dataclass(frozen=True)
class JudgedTraffic:
    """n transactions, newest first; all fields have n entries."""

    features: NDArray[np.float32]
    """Features as they were scored, (n, d)."""
    event_time: NDArray[np.float64]
    """Seconds since 1970, (n,)."""
    amount: NDArray[np.float64]
    verdicts: list[str | None]
    """The last verdict on each transaction; None before there is one."""
    category: NDArray[np.int32] | None = None
    """Codes, (n,); None where they were not asked for, as below."""
    currency: list[str | None] | None = None
    entities: list[dict[str, str]] | None = None

    def __len__(self) -> int:
        return len(self.verdicts)


def load_judged_traffic(
    session: Session,
    *,
    since: float,
    most: int,
    width: int,
    apart_from: Collection[str] = (),
    whole: bool = False,
) -> JudgedTraffic:
    """Read the newest transactions from an event time on.

    Args:
        session: the session of a unit of work.
        since: lowest event time, seconds since 1970.
        most: at most this many transactions.
        width: number of features d; transactions scored with another number are left out.
        apart_from: ids of transactions to leave out.
        whole: whether to read category, currency and entities too; reading the keys takes most of the time.

    Returns:
        The transactions, newest first.
    """
    row = ScoredTransaction
    further: list[Any] = [row.category, row.currency, row.entities] if whole else []
    query = (
        select(row.event_time, row.amount, row.features, row.transaction_id, *further)
        .where(row.event_time >= since, func.length(row.features) == 4 * width)
        .order_by(row.event_time.desc())
        .limit(most + len(apart_from))
    )
    left_out = frozenset(apart_from)
    rows = [one for one in session.execute(query) if one.transaction_id not in left_out][:most]
    known = last_verdicts(session, since)
    return JudgedTraffic(
        np.frombuffer(b"".join(one.features for one in rows), "<f4").astype(np.float32).reshape(-1, width),
        np.array([one.event_time for one in rows], np.float64),
        np.array([one.amount for one in rows], np.float64),
        [known.get(one.transaction_id) for one in rows],
        np.array([one.category for one in rows], np.int32) if whole else None,
        [one.currency for one in rows] if whole else None,
        [one.entities for one in rows] if whole else None,
    )


def last_verdicts(session: Session, since: float) -> dict[str, str]:
    """Return the last verdict by transaction. Event time selects: labels may be stamped by another clock.

    Args:
        session: the session of a unit of work.
        since: lowest event time of the transactions, seconds since 1970.
    """
    row = ScoredTransaction
    query = (
        select(Label.transaction_id, Label.verdict)
        .join(row, row.transaction_id == Label.transaction_id)
        .where(row.event_time >= since)
        .order_by(Label.time, Label.id)
    )
    return {one.transaction_id: one.verdict for one in session.execute(query)}
