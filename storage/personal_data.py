"""Everything stored about one entity, such as a card: to export it, and to erase it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, LargeBinary, delete, inspect, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from storage.alerts import AlertRow
from storage.cases import Case, CaseAlert, Cases
from storage.control_entries import ControlEntry
from storage.entity_index import key_of
from storage.episodes import Episode, EpisodeTransaction
from storage.labels import Label
from storage.notes import OF_CASE, OF_TRANSACTION, Note
from storage.outbox import OutboxMessage
from storage.scored_transactions import ScoredTransaction
from storage.shadow_alerts import ShadowAlertRow
from storage.table import TableBase
from storage.webhooks import Delivery

IDS_PER_STATEMENT = 5_000
Record = dict[str, Any]
TransactionColumn = InstrumentedAttribute[str] | InstrumentedAttribute[str | None]

_OF_TRANSACTIONS: dict[type[TableBase], TransactionColumn] = {
    ScoredTransaction: ScoredTransaction.transaction_id,
    AlertRow: AlertRow.transaction_id,
    ShadowAlertRow: ShadowAlertRow.transaction_id,
    Label: Label.transaction_id,
    CaseAlert: CaseAlert.transaction_id,
    EpisodeTransaction: EpisodeTransaction.transaction_id,
    Delivery: Delivery.transaction_id,
}
"""Tables with rows about a transaction, and where they name it."""


class PersonalData:
    """Reads and deletes what is stored about one entity, within the unit of work of the caller.

    Args:
        session: session of the unit of work.
        kind: kind of the entity, such as `card`.
        key: its key.
        more_ids: ids of its transactions that SQL no longer has.

    Raises:
        ValueError: `kind` is not the name of an entity.
    """

    def __init__(self, session: Session, kind: str, key: str, more_ids: Iterable[str] = ()) -> None:
        self._session = session
        of_kind = key_of(kind, session.connection().dialect.name)
        stored = select(ScoredTransaction.transaction_id).where(of_kind == key)
        # Alerts outlive transactions where retention says so. Their card is the key of the primary entity.
        alerts = select(AlertRow.transaction_id, AlertRow.body).where(AlertRow.card == key)
        alerted = [row[0] for row in session.execute(alerts) if row[1].get("entities", {}).get(kind) == key]
        self.transactions: list[str] = sorted({*session.scalars(stored), *alerted, *more_ids})
        """Ids of its transactions."""

    def export(self) -> dict[str, list[Record]]:
        """Return every row about the entity's transactions, by table; bytes are left out."""
        found = {
            table.__tablename__: [_record(row) for row in self._rows(table, column)]
            for table, column in _OF_TRANSACTIONS.items()
        }
        notes = [*self._notes(OF_TRANSACTION, self.transactions), *self._notes(OF_CASE, self._cases())]
        return found | {"notes": [_record(note) for note in notes]}

    def erase(self) -> dict[str, int]:
        """Delete every row about the entity's transactions.

        A case that only holds alerts of the entity is deleted with its notes, its links, and the cases that
        were merged into it. Lists of ids in episodes lose these ids. Messages of the outbox that were sent
        and name one are deleted.

        Returns:
            Number of deleted rows, by table.
        """
        cases = self._cases()
        deleted = {
            table.__tablename__: sum(
                self._delete(table, column.in_(ids)) for ids in _parts(self.transactions)
            )
            for table, column in _OF_TRANSACTIONS.items()
        }
        empty = [case for case in cases if not self._has_alerts(int(case))]
        notes = self._delete_notes(OF_TRANSACTION, self.transactions) + self._delete_notes(OF_CASE, empty)
        # What a case was merged from holds no alerts of its own, but its title.
        merged = sum(Cases(self._session).delete_merged_into(int(case)) for case in empty)
        for case in empty:
            self._session.delete(self._session.get_one(Case, int(case)))
        self._forget_in_episodes()
        return deleted | {
            "notes": notes,
            "cases": len(empty) + merged,
            "outbox": self._delete_messages(),
        }

    def _rows(self, table: type[TableBase], column: TransactionColumn) -> Iterable[TableBase]:
        for ids in _parts(self.transactions):
            yield from self._session.scalars(select(table).where(column.in_(ids)))

    def _cases(self) -> list[str]:
        rows = self._rows(CaseAlert, CaseAlert.transaction_id)
        return sorted({str(row.case_id) for row in rows if isinstance(row, CaseAlert)})

    def _has_alerts(self, case: int) -> bool:
        first = select(CaseAlert.alert_id).where(CaseAlert.case_id == case).limit(1)
        return self._session.scalar(first) is not None

    def _notes(self, kind: str, subjects: Sequence[str]) -> Iterable[Note]:
        for part in _parts(subjects):
            query = select(Note).where(Note.kind == kind, Note.subject.in_(part))
            yield from self._session.scalars(query.order_by(Note.id))

    def _delete_notes(self, kind: str, subjects: Sequence[str]) -> int:
        return sum(
            self._delete(Note, (Note.kind == kind) & Note.subject.in_(part)) for part in _parts(subjects)
        )

    def _delete(self, table: type[TableBase], condition: ColumnElement[bool]) -> int:
        result = self._session.execute(delete(table).where(condition))
        assert isinstance(result, CursorResult)
        return result.rowcount

    def _forget_in_episodes(self) -> None:
        gone = set(self.transactions)
        for episode in self._session.scalars(select(Episode)):
            left = _without(episode.details, gone)
            if left != episode.details:
                episode.details = left

    def _delete_messages(self) -> int:
        names = [identity.encode() for identity in self.transactions]
        sent = self._session.scalars(select(OutboxMessage).where(OutboxMessage.sent_at.is_not(None)))
        found = [m for m in sent if any(name in (m.value or b"") for name in names)]
        for message in found:
            self._session.delete(message)
        return len(found)


def shred_control_entries(session: Session, offsets: Iterable[int]) -> int:
    """Remove the signed bytes of stored control entries; kind, author, time and hash stay.

    Args:
        session: session of a unit of work.
        offsets: control offsets as they are stored.

    Returns:
        Number of entries whose bytes are gone now.
    """
    shredded = 0
    for offset in offsets:
        entry = session.get(ControlEntry, offset)
        if entry is not None and entry.value:
            entry.value, shredded = b"", shredded + 1
    return shredded


def _without(value: Any, gone: set[str]) -> Any:
    """Return JSON without the strings of `gone` in lists and as names of fields."""
    if isinstance(value, dict):
        return {name: _without(one, gone) for name, one in value.items() if name not in gone}
    if isinstance(value, list):
        return [_without(one, gone) for one in value if not (isinstance(one, str) and one in gone)]
    return None if isinstance(value, str) and value in gone else value


def _record(row: TableBase) -> Record:
    columns = inspect(type(row)).columns
    return {c.key: getattr(row, c.key) for c in columns if not isinstance(c.type, LargeBinary)}


def _parts(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    for start in range(0, len(ids), IDS_PER_STATEMENT):
        yield ids[start : start + IDS_PER_STATEMENT]
