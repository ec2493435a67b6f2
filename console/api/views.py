"""Routes of saved views, which belong to one user each."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from console.access.rights import Right
from console.access.viewer import Viewer
from console.api.fields import Name, Text
from console.api.viewing import ContextOf, needs
from console.results.views import ViewList, ViewRow
from console.services import views as service

router = APIRouter(prefix="/views", tags=["views"])

Owner = Annotated[Viewer, needs(Right.SIGNED_IN)]
QUEUE = "queue"
MOST_FILTERS = 50
_WORD = r"^[a-z][a-z_-]{0,39}$"
Filter = Text | float | bool | Annotated[list[Text], Field(max_length=MOST_FILTERS)] | None


class ViewCreate(BaseModel):
    """Named filters of a page."""

    name: Name
    page: Annotated[str, Field(pattern=_WORD)] = QUEUE
    query: Annotated[dict[Annotated[str, Field(pattern=_WORD)], Filter], Field(max_length=MOST_FILTERS)]


@router.get("")
def list_views(viewer: Owner, context: ContextOf) -> ViewList:
    """List your own views."""
    return service.list_views(context, viewer)


@router.put("")
def save_view(viewer: Owner, context: ContextOf, view: ViewCreate) -> ViewRow:
    """Save a view; it replaces one of the same page and name."""
    return service.save_view(context, viewer, ViewRow(view.page, view.name, dict(view.query)))


@router.delete("", status_code=204)
def remove_view(
    viewer: Owner,
    context: ContextOf,
    name: Annotated[Name, Query()],
    page: Annotated[str, Query(pattern=_WORD)] = QUEUE,
) -> None:
    """Delete a view."""
    service.remove_view(context, viewer, page, name)
