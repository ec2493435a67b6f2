"""Routes of entities: cards, merchants and others."""

from typing import Annotated

from fastapi import APIRouter, Path

from console.access.rights import Right
from console.access.viewer import Viewer
from console.api.viewing import ContextOf, needs
from console.results.entities import EntityDetails
from console.services.entities import entity_page

router = APIRouter(prefix="/entities", tags=["entities"])


@router.get("/{kind}/{key}")
def entity(
    viewer: Annotated[Viewer, needs(Right.READ)],
    context: ContextOf,
    kind: Annotated[str, Path(max_length=31)],
    key: Annotated[str, Path(max_length=300, description="the reference of a card, or the key itself")],
) -> EntityDetails:
    """Return one entity: profile, daily figures, partners, latest transactions and alerts."""
    return entity_page(context, kind, key)
