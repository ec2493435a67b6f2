"""Routes of the control log: history, state at a time, rollback."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from console.access.rights import Right
from console.access.viewer import Viewer
from console.api.fields import Limit, Offset, Storable, Time
from console.api.notes import DecisionNote
from console.api.viewing import ContextOf, needs
from console.results.control_entries import ControlList
from console.results.requests import RequestResult
from console.services.approving import roll_back_entry
from console.services.control_history import changes, in_force
from control.entry import Kind

router = APIRouter(prefix="/control-entries", tags=["control log"])


@router.get("")
def list_entries(
    viewer: Annotated[Viewer, needs(Right.READ)],
    context: ContextOf,
    at: Annotated[Time | None, Query(description="list what was in force at this time")] = None,
    kind: Kind | None = None,
    entry_id: Annotated[Storable | None, Query(alias="id", max_length=200)] = None,
    offset: Offset = 0,
    limit: Limit = 50,
) -> ControlList:
    """List changes, newest first; with `at`, list everything in force at that time."""
    if at is not None:
        return in_force(context, at)
    return changes(context, kind=kind, entry_id=entry_id, offset=offset, limit=limit)


@router.post("/{control_offset}/rollback")
def roll_back(
    viewer: Annotated[Viewer, needs(Right.APPROVE)],
    context: ContextOf,
    control_offset: Annotated[int, Path(ge=0, le=2**53)],
    why: DecisionNote | None = None,
) -> RequestResult:
    """Undo a change, which must be the last of its key."""
    return roll_back_entry(context, viewer, control_offset, why.note if why else "")
