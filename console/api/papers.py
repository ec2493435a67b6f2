"""Routes for those who sign: evidence files, and the inventory of models."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from console.access.rights import Right
from console.access.viewer import Viewer
from console.api.fields import Storable
from console.api.viewing import ContextOf, needs
from console.results.inventory import InventoryList
from console.services import papers as service

router = APIRouter(tags=["evidence"])

KINDS: dict[service.Form, str] = {"html": "text/html; charset=utf-8", "json": "application/json"}
Subject = Annotated[
    Storable,
    Query(min_length=1, max_length=200, description="base/ID, detector/ID, rule/ID, or an episode"),
]


@router.get("/inventory")
def inventory(viewer: Annotated[Viewer, needs(Right.READ)], context: ContextOf) -> InventoryList:
    """List every model, list and rule in force or on trial, with owner, last change and next trigger."""
    return service.models_in_force(context)


@router.get("/evidence", response_class=Response)
def evidence(
    viewer: Annotated[Viewer, needs(Right.AUDIT)],
    context: ContextOf,
    subject: Subject,
    form: Annotated[service.Form, Query(alias="format")] = "html",
) -> Response:
    """Download the signed evidence file of one base, detector or rule; the audit log notes it."""
    made = service.evidence_file(context, viewer, subject, form)
    headers = {"Content-Disposition": f'attachment; filename="{made.name}"'}
    return Response(made.content, media_type=KINDS[form], headers=headers)
