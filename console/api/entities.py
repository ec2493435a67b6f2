"""Routes of entities: cards, merchants and others."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from console.access.rights import Right
from console.access.viewer import Viewer
from console.api.viewing import ContextOf, needs
from console.results.entities import EntityDetails, EntityLinks
from console.services.entities import entity_page
from console.services.entity_links import links_of_entity

router = APIRouter(prefix="/entities", tags=["entities"])
Days = Annotated[int, Query(ge=1, le=365, description="days of event time before the newest payment")]


@router.get("/{kind}/{key}")
def entity(
    viewer: Annotated[Viewer, needs(Right.READ)],
    context: ContextOf,
    kind: Annotated[str, Path(max_length=31)],
    key: Annotated[str, Path(max_length=300, description="the reference of a card, or the key itself")],
) -> EntityDetails:
    """Return one entity: profile, daily figures, partners, latest transactions and alerts."""
    return entity_page(context, kind, key)


@router.get("/{kind}/{key}/links")
def links(
    viewer: Annotated[Viewer, needs(Right.READ)],
    context: ContextOf,
    kind: Annotated[str, Path(max_length=31)],
    key: Annotated[str, Path(max_length=300, description="the reference of a card, or the key itself")],
    days: Days = 90,
) -> EntityLinks:
    """Return who shares payments with one entity, within two links: at most 60 entities."""
    return links_of_entity(context, kind, key, days)
