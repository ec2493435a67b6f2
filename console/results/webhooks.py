"""Results about webhooks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DeliveryRow:
    """One event for one endpoint; `state` is `waiting`, `sent` or `failed`. Times are seconds since 1970."""

    id: int
    endpoint: str
    event: str
    type: str
    subject: str
    queued_at: float
    attempts: int
    state: str
    finished_at: float | None
    next_at: float | None
    """The next try, of one that waits; null where none was made yet."""
    status: int | None
    """HTTP status of the last answer."""
    cause: str
    """Why the last try failed."""


@dataclass(frozen=True)
class DeliveryList:
    """A page of deliveries."""

    total: int
    rows: list[DeliveryRow]
