"""What the budget is counted on: transactions of a period, and recent alerts with their verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from contracts.alert import BLOCK
from storage.alerts import CONFIRMED, OPEN, REJECTED, AlertRow
from storage.scored_transactions import ScoredTransaction, ScoredTransactions

RULE = "rule/"
"""How the scorer of an alert begins that a written rule raised."""
MOST_ALERTS = 20_000
"""Alerts that are read, the newest; reading them takes about 50 ms."""


@dataclass(frozen=True)
class AlertVerdicts:
    """n alerts, newest first; all fields have n entries."""

    event_time: NDArray[np.float64]
    """Seconds since 1970."""
    surprise: NDArray[np.float64]
    """As it was scored."""
    judged: NDArray[np.bool_]
    """Whether there is a verdict."""
    fraud: NDArray[np.bool_]
    """Whether the verdict is fraud."""
    control_offset: NDArray[np.int64]
    """Control offset that it was scored under."""
    card: NDArray[np.int64]
    """Number of its primary entity among these alerts."""
    cause: NDArray[np.int64]
    """0 where the threshold raised it; else the number of the rule, list or segment that did."""


def alert_verdicts(session: Session, since: float, *, most: int = MOST_ALERTS) -> AlertVerdicts:
    """Read the newest alerts.

    Args:
        session: the session of a unit of work.
        since: lowest event time, seconds since 1970.
        most: at most this many alerts.

    Returns:
        The alerts, newest first.
    """
    row, scored = AlertRow, ScoredTransaction
    query = select(
        row.raised_at, row.surprise, row.status, row.card, row.scorer, row.cause, scored.control_offset
    ).where(row.raised_at >= since)
    same = scored.source_partition == row.source_partition, scored.source_offset == row.source_offset
    query = query.join(scored, and_(*same))
    rows = session.execute(query.order_by(row.raised_at.desc(), row.id.desc()).limit(most)).all()
    return AlertVerdicts(
        np.array([one.raised_at for one in rows], np.float64),
        np.array([one.surprise for one in rows], np.float64),
        np.array([one.status != OPEN for one in rows], np.bool_),
        np.array([one.status == CONFIRMED for one in rows], np.bool_),
        np.array([one.control_offset for one in rows], np.int64),
        _numbers([one.card for one in rows]),
        _causes([fixed_cause(one.scorer, one.cause) for one in rows]),
    )


def fixed_cause(scorer: str, cause: str) -> str:
    """Return what raised an alert in place of the threshold; empty where the threshold did.

    Alerts of earlier releases have no cause, but their scorer names rules and blocks.
    """
    return cause or (scorer if scorer == BLOCK or scorer.startswith(RULE) else "")


def _causes(names: list[str]) -> NDArray[np.int64]:
    """Number the causes from 1; the threshold is 0."""
    number = {"": 0}
    return np.array([number.setdefault(name, len(number)) for name in names], np.int64)


@dataclass(frozen=True)
class CauseCount:
    """Alerts of one scorer and cause.

    Attributes:
        scorer: id of the scorer or rule that decided.
        cause: as `fixed_cause`.
        alerts: alerts raised.
        rejected: those judged genuine.
        confirmed: those judged fraud.
    """

    scorer: str
    cause: str
    alerts: int
    rejected: int
    confirmed: int


def counts_by_cause(session: Session, since: float) -> list[CauseCount]:
    """Count the alerts with an event time from `since` on, by scorer and cause.

    Args:
        session: the session of a unit of work.
        since: lowest event time, seconds since 1970.
    """
    row, by = AlertRow, dict[tuple[str, str], dict[str, int]]()
    query = select(row.scorer, row.cause, row.status, func.count()).where(row.raised_at >= since)
    for scorer, cause, status, count in session.execute(query.group_by(row.scorer, row.cause, row.status)):
        held = by.setdefault((scorer, fixed_cause(scorer, cause)), {})
        held[status] = held.get(status, 0) + count
    return [
        CauseCount(scorer, cause, sum(n.values()), n.get(REJECTED, 0), n.get(CONFIRMED, 0))
        for (scorer, cause), n in by.items()
    ]


def _numbers(cards: list[str]) -> NDArray[np.int64]:
    """Number the cards; alerts without one are of a card of their own."""
    numbers = np.unique(np.array(cards, np.str_), return_inverse=True)[1].astype(np.int64)
    nameless = np.array([not card for card in cards], np.bool_)
    return np.where(nameless, -1 - np.arange(len(cards)), numbers)


def count_after(session: Session, after: Mapping[int, int], since: float) -> int:
    """Count transactions stored after the given offsets, with an event time from `since` on.

    Args:
        session: the session of a unit of work.
        after: the last offset that does not count, by partition; absent partitions count from the start.
        since: lowest event time, seconds since 1970.

    Returns:
        The number of transactions.
    """
    row, total = ScoredTransaction, 0
    for partition in ScoredTransactions(session).offset_ranges():
        here = row.source_partition == partition, row.source_offset > after.get(partition, -1)
        query = select(func.count()).where(*here, row.event_time >= since)
        total += session.scalar(query) or 0
    return total
