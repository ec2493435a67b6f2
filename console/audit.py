"""Audit entries of the console: author, time, address, state before and after."""

from dataclasses import dataclass, field
from typing import Any

from console.access.viewer import Viewer
from storage import UnitOfWork

MOST_CHARACTERS = 200
"""Maximum length of a name or id in the log, because senders choose them."""


@dataclass(frozen=True)
class Act:
    """One change: action, subject, and state before and after."""

    action: str
    subject: str
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


def note(unit: UnitOfWork, viewer: Viewer, act: Act, now: float) -> None:
    """Append an audit entry in the caller's unit of work, so that change and entry commit together."""
    details = {"from": viewer.address, "role": viewer.role, "before": act.before, "after": act.after}
    unit.audit.append(
        viewer.name[:MOST_CHARACTERS],
        act.action,
        subject=act.subject[:MOST_CHARACTERS],
        time=now,
        details=details,
    )
