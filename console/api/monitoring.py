"""Routes of monitoring."""

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
    """Return throughput, alert rate and budget, precision, drift, workers, partitions and lag."""
    return service.monitoring(context)
