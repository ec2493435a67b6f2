"""Detection, traffic and workers at a glance."""

from typing import Annotated

from fastapi import APIRouter

from console.access.rights import Right
from console.access.viewer import Viewer
from console.api.viewing import ContextOf, needs
from console.results.monitoring import MonitoringSummary
from console.services import monitoring as service

router = APIRouter(prefix="/monitoring", tags=["monitoring"])


@router.get("")
def monitoring(viewer: Annotated[Viewer, needs(Right.READ)], context: ContextOf) -> MonitoringSummary:
    """Throughput, alert rate against the budget, precision, drift, workers, partitions and their lag."""
    return service.monitoring(context)
