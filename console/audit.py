"""What is written to the audit log of every change: who, when, from where, before, after."""

from dataclasses import dataclass, field
from typing import Any

from console.access.viewer import Viewer
from storage import UnitOfWork

MOST_CHARACTERS = 200
"""Of a name or id in the log: enough to know it by, whatever somebody sent."""


@dataclass(frozen=True)
class Act:
    """One change: what was done to which thing, and how it stood before and after."""

    action: str
    subject: str
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


def note(unit: UnitOfWork, viewer: Viewer, act: Act, now: float) -> None:
    """Append the act in the caller's unit of work, so that neither exists without the other."""
    details = {"from": viewer.address, "role": viewer.role, "before": act.before, "after": act.after}
    unit.audit.append(
        viewer.name[:MOST_CHARACTERS],
        act.action,
        subject=act.subject[:MOST_CHARACTERS],
        time=now,
        details=details,
    )
