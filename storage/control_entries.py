"""The control log as it was read, every entry kept: what was live at any offset, and who said so."""

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import ColumnElement, Float, Index, LargeBinary, String, func, select
from sqlalchemy.orm import Mapped, Session, defer, mapped_column

from storage.bulk import Row, Upsert
from storage.card_numbers import MaskedText
from storage.table import BigIdentity, TableBase


class ControlEntry(TableBase):
    """One record of the control topic; the topic is compacted, this table is not."""

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
    """Adds and reads control entries within the caller's unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_many(self, rows: Iterable[Row]) -> None:
        """Insert entries, values in the order of `COLUMNS`; an offset that is there already is skipped."""
        _INSERT.run(self._session, rows)

    def up_to(self, control_offset: int) -> list[ControlEntry]:
        """All entries in force or replaced at `control_offset`, in the order of the log."""
        query = select(ControlEntry).where(ControlEntry.control_offset <= control_offset)
        return list(self._session.scalars(query.order_by(ControlEntry.control_offset)))

    def all(self) -> list[ControlEntry]:
        """Every entry, in the order of the log."""
        return list(self._session.scalars(select(ControlEntry).order_by(ControlEntry.control_offset)))

    def latest(self, kind: str, entry_id: str) -> ControlEntry | None:
        """The last entry of this key."""
        query = select(ControlEntry).where(ControlEntry.kind == kind, ControlEntry.entry_id == entry_id)
        return self._session.scalar(query.order_by(ControlEntry.control_offset.desc()).limit(1))

    def latest_offset(self, kind: str, entry_id: str) -> int | None:
        """Offset of the last entry of this key."""
        return self._session.scalar(
            select(func.max(ControlEntry.control_offset)).where(*_of_key(kind, entry_id))
        )

    def newest_offset(self) -> int:
        """Offset of the last entry; -1 where there is none."""
        newest = self._session.scalar(select(func.max(ControlEntry.control_offset)))
        return -1 if newest is None else newest

    def get(self, control_offset: int) -> ControlEntry | None:
        """The entry at this offset."""
        return self._session.get(ControlEntry, control_offset)

    def count(self, *, kind: str | None = None, entry_id: str | None = None) -> int:
        """How many entries there are; of one kind or key where it is given."""
        query = select(func.count()).select_from(ControlEntry)
        return self._session.scalar(query.where(*_of_key(kind, entry_id))) or 0

    def page(
        self, *, kind: str | None = None, entry_id: str | None = None, offset: int, limit: int
    ) -> list[ControlEntry]:
        """One page, newest first, without the envelopes, which are large."""
        query = select(ControlEntry).where(*_of_key(kind, entry_id)).options(_LIGHT)
        query = query.order_by(ControlEntry.control_offset.desc()).offset(offset).limit(limit)
        return list(self._session.scalars(query))

    def of_kind(self, kind: str) -> list[ControlEntry]:
        """Every entry of a kind, in the order of the log, without the envelopes."""
        query = select(ControlEntry).where(ControlEntry.kind == kind).options(_LIGHT)
        return list(self._session.scalars(query.order_by(ControlEntry.control_offset)))

    def envelope(self, control_offset: int) -> bytes | None:
        """The envelope at this offset."""
        query = select(ControlEntry.value).where(ControlEntry.control_offset == control_offset)
        return self._session.scalar(query)

    def envelopes(
        self, kinds: Sequence[str], begin: int, end: int | None
    ) -> Iterator[tuple[str, str, bytes]]:
        """Kind, id and envelope of entries of these kinds from offset `begin` to before `end`, newest first.

        They are read a few at a time, as they are taken.
        """
        row = ControlEntry
        query = select(row.kind, row.entry_id, row.value)
        query = query.where(row.kind.in_(kinds), row.control_offset >= begin)
        if end is not None:
            query = query.where(row.control_offset < end)
        query = query.order_by(row.control_offset.desc()).execution_options(yield_per=_AT_A_TIME)
        yield from self._session.execute(query)

    def in_force_at(self, time: float) -> list[ControlEntry]:
        """The last entry of each key signed up to `time`, without what was retired and without envelopes."""
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
