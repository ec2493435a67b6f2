"""Routes of webhooks: the log of deliveries."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import Field

from console.access.rights import Right
from console.access.viewer import Viewer
from console.api.fields import Limit, Offset, Storable
from console.api.viewing import ContextOf, needs
from console.results.webhooks import DeliveryList, DeliveryRow
from console.services import webhooks as service

router = APIRouter(prefix="/webhooks", tags=["administration"])

State = Literal["waiting", "sent", "failed"]
DeliveryId = Annotated[int, Path(ge=1, le=2**53)]


@router.get("/deliveries")
def list_deliveries(
    viewer: Annotated[Viewer, needs(Right.AUDIT)],
    context: ContextOf,
    endpoint: Annotated[Storable, Field(max_length=100)] | None = None,
    state: State | None = None,
    offset: Offset = 0,
    limit: Limit = 50,
) -> DeliveryList:
    """List deliveries, newest first."""
    return service.list_deliveries(context, endpoint=endpoint, state=state, offset=offset, limit=limit)


@router.post("/deliveries/{delivery_id}/retry")
def retry(
    viewer: Annotated[Viewer, needs(Right.ADMINISTER)], context: ContextOf, delivery_id: DeliveryId
) -> DeliveryRow:
    """Try a delivery that has failed again."""
    return service.retry(context, viewer, delivery_id)
