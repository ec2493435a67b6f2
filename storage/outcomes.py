"""Outcomes of transactions and alerts, from which quality is measured; read in a few queries."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import LargeBinary, func, select
from sqlalchemy.orm import Session

from storage.alerts import CONFIRMED, OPEN, REJECTED, AlertRow
from storage.labels import FRAUD, Label
from storage.scored_transactions import IDS_PER_QUERY, ScoredTransaction
from storage.users import User

STATUSES = (OPEN, CONFIRMED, REJECTED)


@dataclass(frozen=True)
class FraudOutcome:
    """A transaction whose last verdict is fraud. Times are seconds since 1970."""

    transaction_id: str
    source: str
    """Source of its first label."""
    labelled_at: float
    """Time of its first label."""
    event_time: float
    arrival: float
    surprise: float
    decision: int
    entities: dict[str, str]
    amount: float = 0.0
    card_absent: bool | None = None
    """Whether the card was absent; None if the caller did not ask."""

    @property
    def delay_s(self) -> float:
        """Seconds from the arrival of the transaction to its first label, 0 or more."""
        return max(0.0, self.labelled_at - self.arrival)


@dataclass(frozen=True)
class AlertOutcome:
    """An alert with its current status; `raised_at` is event time, seconds since 1970."""

    transaction_id: str
    raised_at: float
    status: str
    scorer: str
    card: str
    surprise: float
    amount: float


def label_times(session: Session, newest: int) -> dict[str, list[float]]:
    """Return the times of the `newest` labels by source, ascending, seconds since 1970."""
    found: dict[str, list[float]] = {}
    for source, time in session.execute(
        select(Label.source, Label.time).order_by(Label.id.desc()).limit(newest)
    ):
        found.setdefault(source, []).append(time)
    return {source: sorted(times) for source, times in found.items()}


def fraud_outcomes(session: Session, newest: int, *, card_absent: int | None = None) -> list[FraudOutcome]:
    """Read the transactions that the newest labels call fraud.

    Args:
        session: the session of a unit of work.
        newest: number of labels to read, the newest ones.
        card_absent: index of the feature that is 1 where the card was absent; None does not read it.

    Returns:
        The frauds that are stored; those that a later verdict calls genuine are left out.
    """
    verdicts: dict[str, list[tuple[float, int, str, str]]] = {}
    columns = select(Label.transaction_id, Label.time, Label.id, Label.verdict, Label.source)
    for identity, time, number, verdict, source in session.execute(
        columns.order_by(Label.id.desc()).limit(newest)
    ):
        verdicts.setdefault(identity, []).append((time, number, verdict, source))
    first = {identity: min(given) for identity, given in verdicts.items() if max(given)[2] == FRAUD}
    row, ids = ScoredTransaction, list(first)
    wanted = (row.transaction_id, row.event_time, row.arrival, row.surprise, row.decision, row.entities)
    # Only four bytes of the features are read.
    channel = func.substr(row.features, 4 * (card_absent or 0) + 1, 4, type_=LargeBinary)
    found = []
    for start in range(0, len(ids), IDS_PER_QUERY):
        chosen = row.transaction_id.in_(ids[start : start + IDS_PER_QUERY])
        query = select(*wanted, row.amount, channel).where(chosen)
        for identity, event, arrival, surprise, decision, entities, amount, feature in session.execute(query):
            at, _, _, source = first[identity]
            absent = None if card_absent is None else struct.unpack("<f", feature)[0] > 0
            found.append(
                FraudOutcome(
                    identity, source, at, event, arrival, surprise, decision, entities, amount, absent
                )
            )
    return found


def alerts_between(session: Session, start: float, end: float) -> list[AlertOutcome]:
    """Read the alerts raised from `start` to before `end`, event time in seconds since 1970."""
    return _alerts(
        session, AlertRow.status.in_(STATUSES), AlertRow.raised_at >= start, AlertRow.raised_at < end
    )


def recently_decided_alerts(session: Session, newest: int) -> list[AlertOutcome]:
    """Read the alerts that the `newest` labels confirmed or rejected, in the order of those labels."""
    labels = session.scalars(select(Label.transaction_id).order_by(Label.id.desc()).limit(newest))
    order = {identity: -place for place, identity in reversed(list(enumerate(labels)))}
    found: list[AlertOutcome] = []
    ids = list(order)
    for start in range(0, len(ids), IDS_PER_QUERY):
        wanted = AlertRow.transaction_id.in_(ids[start : start + IDS_PER_QUERY])
        found += _alerts(session, wanted, AlertRow.status != OPEN)
    return sorted(found, key=lambda alert: order[alert.transaction_id])


def first_confirmed_arrivals(session: Session, scorers: Sequence[str]) -> dict[str, float]:
    """Return when the first confirmed fraud of each scorer arrived, seconds since 1970.

    Args:
        session: the session of a unit of work.
        scorers: ids of detectors.

    Returns:
        Times, by scorer; scorers without a confirmed fraud are left out.
    """
    row = ScoredTransaction
    query = (
        select(AlertRow.scorer, func.min(row.arrival))
        .join(
            row,
            (row.source_partition == AlertRow.source_partition)
            & (row.source_offset == AlertRow.source_offset),
        )
        .where(AlertRow.status == CONFIRMED, AlertRow.scorer.in_(scorers))
        .group_by(AlertRow.scorer)
    )
    return {row[0]: row[1] for row in session.execute(query)} if scorers else {}


def oldest_open_alert_time(session: Session) -> float | None:
    """Return the event time of the oldest open alert, seconds since 1970; None if there is none."""
    return session.scalar(select(func.min(AlertRow.raised_at)).where(AlertRow.status == OPEN))


def count_decisions_by_role(session: Session, time: float, newest: int) -> dict[str, int]:
    """Count recent verdicts by the role of their author.

    Args:
        session: the session of a unit of work.
        time: earliest time of a verdict, seconds since 1970.
        newest: number of labels to read, the newest ones.

    Returns:
        Counts, by role; the role is empty for authors who are no users of the console.
    """
    last = select(Label.author, Label.time).order_by(Label.id.desc()).limit(newest).subquery()
    role = func.coalesce(User.role, "")
    query = select(role, func.count()).select_from(last).outerjoin(User, User.name == last.c.author)
    rows = session.execute(query.where(last.c.time >= time).group_by(role))
    return {row[0]: row[1] for row in rows}


def _alerts(session: Session, *chosen: object) -> list[AlertOutcome]:
    columns = (
        AlertRow.transaction_id,
        AlertRow.raised_at,
        AlertRow.status,
        AlertRow.scorer,
        AlertRow.card,
        AlertRow.surprise,
        AlertRow.amount,
    )
    rows = session.execute(select(*columns).where(*chosen).order_by(AlertRow.id))  # type: ignore[arg-type]
    return [AlertOutcome(*row) for row in rows]
