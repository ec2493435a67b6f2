"""Notes beside a transaction, and looking behind the mask of its card."""

from __future__ import annotations

from dataclasses import dataclass

from console.access.viewer import Viewer
from console.audit import Act, note
from console.desk import Desk
from console.services.transactions import NoteRow, stored_transaction
from storage.notes import OF_TRANSACTION, Note


@dataclass(frozen=True)
class Revealed:
    """Keys of all entities, unmasked."""

    entities: dict[str, str]


def add_note(desk: Desk, viewer: Viewer, transaction_id: str, text: str) -> NoteRow:
    """Write a note. Raises NotFound."""
    now = desk.clock()
    with desk.unit() as unit:
        stored_transaction(unit, transaction_id)
        unit.notes.add(
            Note(kind=OF_TRANSACTION, subject=transaction_id, author=viewer.name, time=now, text=text)
        )
        note(unit, viewer, Act("note", transaction_id, after={"text": text}), now)
        unit.commit()
    return NoteRow(viewer.name, now, text)


def reveal(desk: Desk, viewer: Viewer, transaction_id: str) -> Revealed:
    """The card token itself; the audit log says who saw it. Raises NotFound."""
    with desk.unit() as unit:
        stored = stored_transaction(unit, transaction_id)
        note(unit, viewer, Act("reveal card", transaction_id), desk.clock())
        unit.commit()
    return Revealed(dict(stored.entities))
