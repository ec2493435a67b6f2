"""Every entry of the control log: what was in force at any control offset, and who changed it."""

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import ColumnElement, Float, Index, LargeBinary, String, func, select
from sqlalchemy.orm import Mapped, Session, defer, mapped_column

from storage.bulk import Row, Upsert
from storage.masked_text import MaskedText
from storage.table import BigIdentity, TableBase


class ControlEntry(TableBase):
    """One record of the control topic. The topic is compacted; this table keeps every record."""

    __tablename__ = "control_entries"
    __table_args__ = (Index(None, "kind", "entry_id"), Index(None, "time"))

    control_offset: Mapped[int] = mapped_column(BigIdentity, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String)
    entry_id: Mapped[str] = mapped_column(String)
    parent: Mapped[str | None] = mapped_column(String)
    content_hash: Mapped[str] = mapped_column(String)
    author: Mapped[str] = mapped_column(MaskedText)
    reason: Mapped[str] = mapped_column(MaskedText)
    time: Mapped[float] = mapped_column(Float(53))
    sequence: Mapped[int] = mapped_column(BigIdentity)
    retired: Mapped[bool]
    value: Mapped[bytes] = mapped_column(LargeBinary)
    """The signed envelope, byte for byte."""


COLUMNS = tuple(column.name for column in ControlEntry.__table__.columns)
_INSERT = Upsert(ControlEntry.__tablename__, COLUMNS, ("control_offset",))


class ControlEntries:
    """Adds and reads control entries within the unit of work of the caller."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_many(self, rows: Iterable[Row]) -> int:
        """Insert entries, values in the order of `COLUMNS`; offsets already stored are skipped.

        Returns:
            Entries that are new.
        """
        return _INSERT.run(self._session, rows)

    def up_to(self, control_offset: int) -> list[ControlEntry]:
        """Return all entries up to and including a control offset, in the order of the log."""
        query = select(ControlEntry).where(ControlEntry.control_offset <= control_offset)
        return list(self._session.scalars(query.order_by(ControlEntry.control_offset)))

    def all(self) -> list[ControlEntry]:
        """Return every entry, in the order of the log."""
        return list(self._session.scalars(select(ControlEntry).order_by(ControlEntry.control_offset)))

    def last_of_each_key(self) -> Iterator[ControlEntry]:
        """Yield the last entry of each key, retired ones too, in the order of the log."""
        row = ControlEntry
        newest = select(func.max(row.control_offset)).group_by(row.kind, row.entry_id)
        query = select(row).where(row.control_offset.in_(newest)).order_by(row.control_offset)
        yield from self._session.scalars(query.execution_options(yield_per=_AT_A_TIME))

    def last_of_kind(self, kind: str) -> list[ControlEntry]:
        """Return the last entry of each id of a kind, with envelopes, retired ones too, by offset."""
        row = ControlEntry
        newest = select(func.max(row.control_offset)).where(row.kind == kind).group_by(row.entry_id)
        query = select(row).where(row.control_offset.in_(newest)).order_by(row.control_offset)
        return list(self._session.scalars(query))

    def last_offsets(self, kind: str) -> dict[str, int]:
        """Return the control offset of the last entry of each id of a kind, retired ones too."""
        row = ControlEntry
        query = select(row.entry_id, func.max(row.control_offset)).where(row.kind == kind)
        return {one[0]: one[1] for one in self._session.execute(query.group_by(row.entry_id))}

    def versions(self, kind: str, entry_id: str, most: int) -> list[ControlEntry]:
        """Return the last entries of this key, with envelopes, newest first, `most` at most."""
        query = select(ControlEntry).where(*_of_key(kind, entry_id))
        return list(self._session.scalars(query.order_by(ControlEntry.control_offset.desc()).limit(most)))

    def latest(self, kind: str, entry_id: str) -> ControlEntry | None:
        """Return the last entry of this key, or None."""
        query = select(ControlEntry).where(ControlEntry.kind == kind, ControlEntry.entry_id == entry_id)
        return self._session.scalar(query.order_by(ControlEntry.control_offset.desc()).limit(1))

    def latest_offset(self, kind: str, entry_id: str) -> int | None:
        """Return the control offset of the last entry of this key, or None."""
        return self._session.scalar(
            select(func.max(ControlEntry.control_offset)).where(*_of_key(kind, entry_id))
        )

    def newest_offset(self) -> int:
        """Return the control offset of the last entry; -1 if there is none."""
        newest = self._session.scalar(select(func.max(ControlEntry.control_offset)))
        return -1 if newest is None else newest

    def get(self, control_offset: int) -> ControlEntry | None:
        """Return the entry at this control offset, or None."""
        return self._session.get(ControlEntry, control_offset)

    def count(self, *, kind: str | None = None, entry_id: str | None = None) -> int:
        """Count entries, of one kind, of one key or of all."""
        query = select(func.count()).select_from(ControlEntry)
        return self._session.scalar(query.where(*_of_key(kind, entry_id))) or 0

    def page(
        self, *, kind: str | None = None, entry_id: str | None = None, offset: int, limit: int
    ) -> list[ControlEntry]:
        """Return one page of entries, newest first, without their envelopes, which are large.

        Args:
            kind: only entries of this kind; None for all.
            entry_id: only entries of this id; None for all.
            offset: number of entries to skip.
            limit: at most this many.

        Returns:
            The entries of the page; their `value` cannot be read.
        """
        query = select(ControlEntry).where(*_of_key(kind, entry_id)).options(_LIGHT)
        query = query.order_by(ControlEntry.control_offset.desc()).offset(offset).limit(limit)
        return list(self._session.scalars(query))

    def of_kind(self, kind: str) -> list[ControlEntry]:
        """Return every entry of a kind without its envelope, in the order of the log."""
        query = select(ControlEntry).where(ControlEntry.kind == kind).options(_LIGHT)
        return list(self._session.scalars(query.order_by(ControlEntry.control_offset)))

    def envelope(self, control_offset: int) -> bytes | None:
        """Return the envelope at this control offset, or None."""
        query = select(ControlEntry.value).where(ControlEntry.control_offset == control_offset)
        return self._session.scalar(query)

    def envelopes(
        self, kinds: Sequence[str], begin: int, end: int | None
    ) -> Iterator[tuple[str, str, bytes]]:
        """Yield the envelopes of these kinds in a range of control offsets, newest first.

        At most 8 envelopes are in memory at a time.

        Args:
            kinds: kinds of entries.
            begin: first control offset.
            end: control offset behind the last; None for the end of the log.

        Yields:
            Kind, id and envelope of an entry.
        """
        row = ControlEntry
        query = select(row.kind, row.entry_id, row.value)
        query = query.where(row.kind.in_(kinds), row.control_offset >= begin)
        if end is not None:
            query = query.where(row.control_offset < end)
        query = query.order_by(row.control_offset.desc()).execution_options(yield_per=_AT_A_TIME)
        yield from self._session.execute(query)

    def in_force_at(self, time: float) -> list[ControlEntry]:
        """Return the entries in force at a time, without their envelopes, in the order of the log.

        Args:
            time: seconds since 1970; entries signed later do not count.

        Returns:
            The last entry of each key, unless it retires the key; its `value` cannot be read.
        """
        query = select(ControlEntry).where(ControlEntry.time <= time).options(_LIGHT)
        latest = {
            (e.kind, e.entry_id): e
            for e in self._session.scalars(query.order_by(ControlEntry.control_offset))
        }
        return sorted((e for e in latest.values() if not e.retired), key=lambda e: e.control_offset)


_AT_A_TIME = 8
_LIGHT = defer(ControlEntry.value, raiseload=True)


def _of_key(kind: str | None, entry_id: str | None) -> list[ColumnElement[bool]]:
    given = {ControlEntry.kind: kind, ControlEntry.entry_id: entry_id}
    return [column == value for column, value in given.items() if value is not None]
