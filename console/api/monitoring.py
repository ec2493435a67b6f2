"""Routes of monitoring."""

from typing import Annotated

from fastapi import APIRouter

from console.access.rights import Right
from console.access.viewer import Viewer
from console.api.viewing import ContextOf, needs
from console.results.learning import LearningState
from console.results.monitoring import MonitoringSummary
from console.services import monitoring as service
from console.services.learning import learning_state

router = APIRouter(prefix="/monitoring", tags=["monitoring"])


@router.get("")
def monitoring(viewer: Annotated[Viewer, needs(Right.READ)], context: ContextOf) -> MonitoringSummary:
    """Return learning state, throughput, alert rate, budget, precision, drift, workers and lag."""
    return service.monitoring(context)


@router.get("/learning")
def learning(viewer: Annotated[Viewer, needs(Right.READ)], context: ContextOf) -> LearningState:
    """Return whether the base in force still learns this traffic, how far it is, and what ends it."""
    return learning_state(context)
