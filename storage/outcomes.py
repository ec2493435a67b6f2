"""What became of transactions and alerts: the figures that quality is told by, read in a few queries."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.alerts import CONFIRMED, OPEN, REJECTED, AlertRow
from storage.labels import FRAUD, Label
from storage.scored_transactions import IDS_PER_QUERY, ScoredTransaction
from storage.users import User

STATUSES = (OPEN, CONFIRMED, REJECTED)


@dataclass(frozen=True)
class FraudOutcome:
    """A transaction whose last verdict is fraud; `labelled_at` is when its first one came."""

    transaction_id: str
    source: str
    labelled_at: float
    event_time: float
    arrival: float
    surprise: float
    decision: int
    entities: dict[str, str]

    @property
    def delay_s(self) -> float:
        """Seconds from the payment's arrival to its first label."""
        return max(0.0, self.labelled_at - self.arrival)


@dataclass(frozen=True)
class AlertOutcome:
    """An alert and what became of it so far."""

    transaction_id: str
    raised_at: float
    status: str
    scorer: str
    card: str
    surprise: float
    amount: float


def label_times(session: Session, newest: int) -> dict[str, list[float]]:
    """When labels came, ascending, by source; of the `newest` stored last."""
    found: dict[str, list[float]] = {}
    for source, time in session.execute(
        select(Label.source, Label.time).order_by(Label.id.desc()).limit(newest)
    ):
        found.setdefault(source, []).append(time)
    return {source: sorted(times) for source, times in found.items()}


def fraud_outcomes(session: Session, newest: int) -> list[FraudOutcome]:
    """Transactions called fraud in the `newest` labels stored last, unless a later verdict took it back."""
    verdicts: dict[str, list[tuple[float, int, str, str]]] = {}
    columns = select(Label.transaction_id, Label.time, Label.id, Label.verdict, Label.source)
    for identity, time, number, verdict, source in session.execute(
        columns.order_by(Label.id.desc()).limit(newest)
    ):
        verdicts.setdefault(identity, []).append((time, number, verdict, source))
    first = {identity: min(said) for identity, said in verdicts.items() if max(said)[2] == FRAUD}
    row, ids = ScoredTransaction, list(first)
    wanted = (row.transaction_id, row.event_time, row.arrival, row.surprise, row.decision, row.entities)
    found = []
    for start in range(0, len(ids), IDS_PER_QUERY):
        chosen = row.transaction_id.in_(ids[start : start + IDS_PER_QUERY])
        for identity, event, arrival, surprise, decision, entities in session.execute(
            select(*wanted).where(chosen)
        ):
            at, _, _, source = first[identity]
            found.append(FraudOutcome(identity, source, at, event, arrival, surprise, decision, entities))
    return found


def alerts_between(session: Session, start: float, end: float) -> list[AlertOutcome]:
    """Alerts raised from `start` to before `end`, event time."""
    return _alerts(
        session, AlertRow.status.in_(STATUSES), AlertRow.raised_at >= start, AlertRow.raised_at < end
    )


def recently_decided_alerts(session: Session, newest: int) -> list[AlertOutcome]:
    """Alerts that are confirmed or rejected, in the order in which the `newest` labels came."""
    labels = session.scalars(select(Label.transaction_id).order_by(Label.id.desc()).limit(newest))
    order = {identity: -place for place, identity in reversed(list(enumerate(labels)))}
    found: list[AlertOutcome] = []
    ids = list(order)
    for start in range(0, len(ids), IDS_PER_QUERY):
        wanted = AlertRow.transaction_id.in_(ids[start : start + IDS_PER_QUERY])
        found += _alerts(session, wanted, AlertRow.status != OPEN)
    return sorted(found, key=lambda alert: order[alert.transaction_id])


def first_confirmed_arrivals(session: Session, scorers: Sequence[str]) -> dict[str, float]:
    """When the first confirmed fraud that each of these detectors alerted arrived, seconds since 1970."""
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
    """Event time of the oldest alert that nobody has judged; None where there is none."""
    return session.scalar(select(func.min(AlertRow.raised_at)).where(AlertRow.status == OPEN))


def count_decisions_by_role(session: Session, time: float, newest: int) -> dict[str, int]:
    """Verdicts given since `time`, by the role of who gave them; empty for whoever is no user here.

    Among the `newest` labels stored last.
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
