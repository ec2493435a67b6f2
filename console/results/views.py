"""Results about saved views."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ViewRow:
    """One saved view. `query` is free-form: each page has filters of its own."""

    page: str
    name: str
    query: dict[str, Any]


@dataclass(frozen=True)
class ViewList:
    """The viewer's own views."""

    total: int
    rows: list[ViewRow]
