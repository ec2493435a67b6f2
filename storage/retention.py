"""Deletes records past their retention, in small steps so that writers are not blocked for long."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import CursorResult, Engine, delete, select
from sqlalchemy.orm import InstrumentedAttribute

from storage.alerts import AlertRow
from storage.cases import CLOSED, Case
from storage.labels import Label
from storage.notes import Note
from storage.outbox import OutboxMessage
from storage.scored_transactions import ScoredTransaction
from storage.shadow_alerts import ShadowAlertRow
from storage.unit_of_work import UnitOfWork

DAY = 86_400.0
# Deleting 5,000 rows holds the write lock for about 50 ms.
ROWS_PER_STEP = 5_000


@dataclass(frozen=True)
class Retention:
    """Days for which each kind of record is kept.

    The audit log is never deleted: PCI DSS 4.0.1, 10.5.1, requires 12 months of it.
    """

    transactions_days: float
    alerts_days: float
    outbox_days: float = 7.0
    labels_days: float = float("inf")
    cases_days: float = float("inf")


def enforce_retention(engine: Engine, retention: Retention, *, now: float) -> dict[str, int]:
    """Delete the records that are past their retention.

    The age of transactions and alerts counts from the newest stored event time, so that a replayed history
    is not deleted on arrival. The age of all others counts from `now`: outbox messages since they were sent,
    labels and notes since they were made, closed cases since their last change, with their links. Episodes
    keep the ids of deleted transactions, but not their features.

    Args:
        engine: the database.
        retention: days to keep.
        now: the current time, seconds since 1970.

    Returns:
        Number of deleted rows, by table.
    """
    with UnitOfWork(engine, reads_only=True) as unit:
        newest = unit.transactions.newest_event_time() or 0.0
    limits: list[tuple[type[Any], InstrumentedAttribute[Any], float]] = [
        (ScoredTransaction, ScoredTransaction.event_time, newest - retention.transactions_days * DAY),
        (AlertRow, AlertRow.raised_at, newest - retention.alerts_days * DAY),
        (ShadowAlertRow, ShadowAlertRow.event_time, newest - retention.alerts_days * DAY),
        (OutboxMessage, OutboxMessage.sent_at, now - retention.outbox_days * DAY),
        (Label, Label.time, now - retention.labels_days * DAY),
        (Note, Note.time, now - retention.cases_days * DAY),
    ]
    deleted = {
        table.__tablename__: _delete_before(engine, table, time, limit) for table, time, limit in limits
    }
    return deleted | {Case.__tablename__: _delete_closed(engine, now - retention.cases_days * DAY)}


def _delete_closed(engine: Engine, limit: float) -> int:
    """Delete closed cases; their alerts' membership and their links go with them."""
    with UnitOfWork(engine) as unit:
        old = delete(Case).where(Case.status == CLOSED, Case.updated_at < limit)
        result = unit.session.execute(old)
        unit.commit()
    assert isinstance(result, CursorResult)
    return result.rowcount


def _delete_before(engine: Engine, table: type[Any], time: InstrumentedAttribute[Any], limit: float) -> int:
    deleted = 0
    while step := _delete_step(engine, table, time, limit):
        deleted += step
    return deleted


def _delete_step(engine: Engine, table: type[Any], time: InstrumentedAttribute[Any], limit: float) -> int:
    with UnitOfWork(engine) as unit:
        edge = select(time).where(time < limit).order_by(time).offset(ROWS_PER_STEP - 1).limit(1)
        last = unit.session.scalar(edge)
        older = time < limit if last is None else time <= last
        result = unit.session.execute(delete(table).where(older))
        unit.commit()
    assert isinstance(result, CursorResult)
    return result.rowcount
