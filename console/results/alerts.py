"""Results about alerts: lists of the queue, and counts of changes."""

from __future__ import annotations

from dataclasses import dataclass

from console.results.transactions import TransactionRow


@dataclass(frozen=True)
class AlertList:
    """A page of alerts; `total` counts all that match."""

    total: int
    rows: list[TransactionRow]


@dataclass(frozen=True)
class NewestAlerts(AlertList):
    """Alerts raised after a given one; pass `last_id` to the next request."""

    last_id: int


@dataclass(frozen=True)
class AlertsChanged:
    """The number of changed alerts; `request_id` names the request to the adaptation worker."""

    changed: int
    request_id: str | None = None
