"""Routes of monitoring."""

from typing import Annotated, Literal

from fastapi import APIRouter

from console.access.rights import Right
from console.access.viewer import Viewer
from console.api.viewing import ContextOf, needs
from console.errors import NotFound
from console.results.learning import LearningState
from console.results.monitoring import BusinessSummary, MonitoringSummary
from console.services import monitoring as service
from console.services.business import business_summary
from console.services.learning import learning_state

router = APIRouter(prefix="/monitoring", tags=["monitoring"])


@router.get("")
def monitoring(viewer: Annotated[Viewer, needs(Right.READ)], context: ContextOf) -> MonitoringSummary:
    """Return learning state, throughput, alert rate, budget, precision, drift, workers and lag."""
    return service.monitoring(context)


@router.get("/business")
def business(
    viewer: Annotated[Viewer, needs(Right.READ)], context: ContextOf, days: Literal["30", "90"] = "30"
) -> BusinessSummary:
    """Return fraud rates, money held, false positives, analysts' time and queue of 30 or 90 days."""
    with context.unit(reads_only=True) as unit:
        found = business_summary(unit, int(days))
    if found is None:
        raise NotFound("`flagfive monitor` has not measured it yet")
    return found


@router.get("/learning")
def learning(viewer: Annotated[Viewer, needs(Right.READ)], context: ContextOf) -> LearningState:
    """Return whether the base in force still learns this traffic, how far it is, and what ends it."""
    return learning_state(context)
