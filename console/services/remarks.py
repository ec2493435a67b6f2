"""Notes beside a transaction, and looking behind the mask of its card."""

from __future__ import annotations

from dataclasses import dataclass

from console.access.viewer import Viewer
from console.audit import Act, note
from console.context import ConsoleContext
from console.services.transactions import NoteRow, stored_transaction
from storage.notes import OF_TRANSACTION, Note


@dataclass(frozen=True)
class Revealed:
    """Keys of all entities, unmasked."""

    entities: dict[str, str]


def add_note(context: ConsoleContext, viewer: Viewer, transaction_id: str, text: str) -> NoteRow:
    """Write a note. Raises NotFound."""
    now = context.clock()
    with context.unit() as unit:
        stored_transaction(unit, transaction_id)
        unit.notes.add(
            Note(kind=OF_TRANSACTION, subject=transaction_id, author=viewer.name, time=now, text=text)
        )
        note(unit, viewer, Act("note", transaction_id, after={"text": text}), now)
        unit.commit()
    return NoteRow(viewer.name, now, text)


def reveal(context: ConsoleContext, viewer: Viewer, transaction_id: str) -> Revealed:
    """The card token itself; the audit log says who saw it. Raises NotFound."""
    with context.unit() as unit:
        stored = stored_transaction(unit, transaction_id)
        note(unit, viewer, Act("reveal card", transaction_id), context.clock())
        unit.commit()
    return Revealed(dict(stored.entities))
