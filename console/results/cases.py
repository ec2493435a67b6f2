"""Results about cases."""

from __future__ import annotations

from dataclasses import dataclass

from console.results.transactions import NoteRow, TransactionRow


@dataclass(frozen=True)
class CaseRow:
    """One case in a list; `alerts` is their number."""

    id: int
    title: str
    status: str
    owner: str | None
    author: str
    created_at: float
    changed_at: float
    alerts: int


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
    """One case with its alerts, notes and links."""

    alert_rows: list[TransactionRow]
    notes: list[NoteRow]
    links: list[LinkRow]
