"""Notes that people write on a transaction or a case."""

from collections.abc import Sequence

from sqlalchemy import Float, Index, String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.masked_text import MaskedText
from storage.table import BigIdentity, TableBase

OF_TRANSACTION, OF_CASE = "transaction", "case"


class Note(TableBase):
    """One note; it is never changed."""

    __tablename__ = "notes"
    __table_args__ = (Index(None, "kind", "subject"),)

    id: Mapped[int] = mapped_column(BigIdentity, primary_key=True)
    kind: Mapped[str] = mapped_column(String)
    subject: Mapped[str] = mapped_column(String)
    """Id of the transaction or case."""
    author: Mapped[str] = mapped_column(MaskedText)
    time: Mapped[float] = mapped_column(Float(53))
    text: Mapped[str] = mapped_column(MaskedText)


class Notes:
    """Adds and reads notes within the unit of work of the caller."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, note: Note) -> None:
        """Store a new note."""
        self._session.add(note)

    def of_subject(self, kind: str, subject: str) -> list[Note]:
        """Return the notes on a transaction or case, oldest first.

        Args:
            kind: OF_TRANSACTION or OF_CASE.
            subject: id of the transaction or case.

        Returns:
            The notes.
        """
        query = select(Note).where(Note.kind == kind, Note.subject == subject)
        return list(self._session.scalars(query.order_by(Note.time, Note.id)))

    def move(self, note_ids: Sequence[int], kind: str, source: str, target: str) -> None:
        """Give notes of one subject to another of its kind; notes that the source no longer has are left out.

        Args:
            note_ids: ids of notes, at most 10,000.
            kind: OF_TRANSACTION or OF_CASE.
            source: id of the subject that has them.
            target: id of the subject that gets them.
        """
        chosen = (Note.id.in_(note_ids), Note.kind == kind, Note.subject == source)
        self._session.execute(update(Note).where(*chosen).values(subject=target))
