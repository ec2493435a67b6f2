"""Money and time of alerts, from which the business view is computed; read in a few grouped queries."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from contracts.business_view import ScorerMoney
from storage.alerts import CONFIRMED, OPEN, REJECTED, AlertRow
from storage.labels import Label


def money_by_scorer(session: Session, since: float, until: float) -> dict[str, ScorerMoney]:
    """Count and add up the alerts raised in a period, by scorer.

    Args:
        session: the session of a unit of work.
        since: beginning of the period, event time in seconds since 1970.
        until: its end.

    Returns:
        Figures, by id of the scorer.
    """
    query = (
        select(AlertRow.scorer, AlertRow.status, func.count(), func.sum(AlertRow.amount))
        .where(AlertRow.raised_at >= since, AlertRow.raised_at < until)
        .group_by(AlertRow.scorer, AlertRow.status)
    )
    found: dict[str, ScorerMoney] = {}
    for scorer, status, count, amount in session.execute(query):
        found[scorer] = found.get(scorer, ScorerMoney()) + _of_status(status, count, amount or 0.0)
    return found


def newest_verdicts(session: Session, source: str, newest: int) -> list[tuple[str, float]]:
    """Return author and time (seconds since 1970) of the newest verdicts of a source, the newest first."""
    query = select(Label.author, Label.time).where(Label.source == source)
    return [(row[0], row[1]) for row in session.execute(query.order_by(Label.id.desc()).limit(newest))]


def open_alert_times(session: Session) -> tuple[int, float | None, float | None]:
    """Return how many alerts have no verdict, and the event time of the oldest and of the middle one."""
    waiting = select(AlertRow.raised_at).where(AlertRow.status == OPEN).order_by(AlertRow.raised_at)
    count = session.scalar(select(func.count()).select_from(AlertRow).where(AlertRow.status == OPEN)) or 0
    oldest = session.scalar(waiting.limit(1))
    return count, oldest, session.scalar(waiting.offset(count // 2).limit(1))


def _of_status(status: str, count: int, amount: float) -> ScorerMoney:
    if status == CONFIRMED:
        return ScorerMoney(alerts=count, confirmed=count, held=amount)
    if status == REJECTED:
        return ScorerMoney(alerts=count, rejected=count, rejected_value=amount)
    return ScorerMoney(alerts=count, unjudged_value=amount)
