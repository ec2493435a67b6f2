"""Payloads with a note, which several resources accept."""

from pydantic import BaseModel

from console.api.fields import Note, Text


class NoteCreate(BaseModel):
    """A note on a case or a transaction."""

    text: Note


class DecisionNote(BaseModel):
    """The reason for a decision. It stays in the history."""

    note: Text = ""
