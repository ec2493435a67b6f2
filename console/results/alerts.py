"""Results about alerts: lists of the queue, and counts of changes."""

from __future__ import annotations

from dataclasses import dataclass

from console.results.transactions import TransactionRow


@dataclass(frozen=True)
class AlertList:
    """How many there are in all, and the rows of one page."""

    total: int
    rows: list[TransactionRow]


@dataclass(frozen=True)
class NewestAlerts(AlertList):
    """What appeared after an alert; `last_id` is where to go on from."""

    last_id: int


@dataclass(frozen=True)
class AlertsChanged:
    """How many alerts were changed; `request_id` names what was asked of the adaptation worker."""

    changed: int
    request_id: str | None = None
