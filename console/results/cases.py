"""Results about cases."""

from __future__ import annotations

from dataclasses import dataclass

from console.results.transactions import NoteRow, TransactionRow


@dataclass(frozen=True)
class CaseRow:
    """One case in a list; `alerts` is their number. Times are seconds since 1970-01-01 UTC."""

    id: int
    title: str
    status: str
    owner: str | None
    author: str
    created_at: float
    changed_at: float
    alerts: int
    priority: str
    due_at: float | None
    overdue: bool
    merged_into: int | None
    """Id of the case that has its content now."""


@dataclass(frozen=True)
class CaseList:
    """A page of cases."""

    total: int
    rows: list[CaseRow]


@dataclass(frozen=True)
class LinkRow:
    """A link to a ticket or document elsewhere."""

    id: int
    url: str
    title: str
    author: str
    time: float


@dataclass(frozen=True)
class CaseDetails(CaseRow):
    """One case with its alerts, notes and links; `merged_from` are the cases that were merged into it."""

    merged_from: list[int]
    alert_rows: list[TransactionRow]
    notes: list[NoteRow]
    links: list[LinkRow]
