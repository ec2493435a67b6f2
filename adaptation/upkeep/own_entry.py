"""Finds the entry that an earlier try of a request announced, so that a repeat announces no second one."""

from __future__ import annotations

from contracts.request import Request
from control.applied import Applied
from control.snapshot import Snapshot

REQUEST = "request_id"
"""Name of the value that holds the id of the request that an entry came from."""


def own_entry(snapshot: Snapshot, request: Request) -> Applied | None:
    """The entry that an earlier try of this request announced; None without one."""
    mine = (a for a in snapshot.applied.values() if a.entry.values.get(REQUEST) == request.request_id)
    return next(mine, None)
