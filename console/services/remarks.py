"""Notes on transactions, and unmasked cards."""

from __future__ import annotations

from console.access.viewer import Viewer
from console.audit import Act, note
from console.context import ConsoleContext
from console.results.transactions import NoteRow, RevealedEntities
from console.services.transactions import stored_transaction
from storage.notes import OF_TRANSACTION, Note


def add_note(context: ConsoleContext, viewer: Viewer, transaction_id: str, text: str) -> NoteRow:
    """Add a note.

    Raises:
        NotFound: no such transaction.
    """
    now = context.clock()
    with context.unit() as unit:
        stored_transaction(unit, transaction_id)
        unit.notes.add(
            Note(kind=OF_TRANSACTION, subject=transaction_id, author=viewer.name, time=now, text=text)
        )
        note(unit, viewer, Act("note", transaction_id, after={"text": text}), now)
        unit.commit()
    return NoteRow(viewer.name, now, text)


def reveal(context: ConsoleContext, viewer: Viewer, transaction_id: str) -> RevealedEntities:
    """Return the unmasked keys; the audit log records the viewer.

    Raises:
        NotFound: no such transaction.
    """
    with context.unit() as unit:
        stored = stored_transaction(unit, transaction_id)
        note(unit, viewer, Act("reveal card", transaction_id), context.clock())
        unit.commit()
    return RevealedEntities(dict(stored.entities))
