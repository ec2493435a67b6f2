"""The route of the first steps."""

from typing import Annotated

from fastapi import APIRouter

from console.access.rights import Right
from console.access.viewer import Viewer
from console.api.viewing import ContextOf, needs
from console.results.first_steps import FirstSteps
from console.services import first_steps as service

router = APIRouter(tags=["first steps"])


@router.get("/first-steps")
def first_steps(viewer: Annotated[Viewer, needs(Right.READ)], context: ContextOf) -> FirstSteps:
    """Return what a new installation has to do next, and what a demo suggests to flag."""
    return service.first_steps(context)
