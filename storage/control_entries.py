"""The control log as it was read, every entry kept: what was live at any offset, and who said so."""

from collections.abc import Iterable

from sqlalchemy import Float, Index, LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.bulk import Row, Upsert
from storage.card_numbers import MaskedText
from storage.table import BigIdentity, Table


class ControlEntry(Table):
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
