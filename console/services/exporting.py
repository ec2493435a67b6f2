"""Writes each download to the audit log, since it takes data out of the console."""

from __future__ import annotations

from typing import Any

from console.access.viewer import Viewer
from console.audit import Act, note
from console.context import ConsoleContext


def note_export(context: ConsoleContext, viewer: Viewer, subject: str, query: dict[str, Any]) -> None:
    """Note who downloads what, with filters and file format, before the first row is sent."""
    with context.unit() as unit:
        note(unit, viewer, Act("export", subject, after=query), context.clock())
        unit.commit()
