"""Routes of suppressions: all, silence, lift."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from console.access.rights import Right
from console.access.viewer import Viewer
from console.api.fields import RequestId, Storable, Text, Time
from console.api.notes import DecisionNote
from console.api.viewing import ContextOf, needs
from console.results.requests import RequestResult
from console.results.suppressions import Suppressions
from console.services import suppressions as service
from control.suppressions import Suppression

router = APIRouter(prefix="/suppressions", tags=["suppressions"])

Reader = Annotated[Viewer, needs(Right.READ)]
Lead = Annotated[Viewer, needs(Right.APPROVE)]
Id = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$", description="id of the suppression")]


class SuppressionCreate(BaseModel):
    """What to silence until `until` (event time): an entity, a scorer of it, or a scorer for all entities.

    `entity` and `key` are given together; `key` is an id or a card's reference. `scorer` is `base`, the id of
    a detector, or `rule/ID`; without it, all scorers but rules are silenced. Without an entity, `scorer` and
    `until` are needed.
    """

    entity: Annotated[Storable, Field(max_length=64)] = ""
    key: Annotated[Storable, Field(max_length=400)] = ""
    scorer: Annotated[Storable, Field(max_length=128)] = ""
    until: Time | None = None
    reason: Text = ""
    request_id: RequestId | None = None


@router.get("")
def all_suppressions(viewer: Reader, context: ContextOf) -> Suppressions:
    """List the suppressions in force, newest first."""
    return service.suppressions(context)


@router.post("")
def suppress(viewer: Lead, context: ContextOf, wanted: SuppressionCreate) -> RequestResult:
    """Silence an entity or a scorer; asking again for the same changes the end."""
    one = Suppression(wanted.entity, wanted.key, wanted.scorer, wanted.until)
    return service.suppress(context, viewer, one, wanted.reason, wanted.request_id)


@router.post("/{identity}/lift")
def lift(viewer: Lead, context: ContextOf, identity: Id, why: DecisionNote) -> RequestResult:
    """End a suppression now."""
    return service.lift(context, viewer, identity, why.note)
