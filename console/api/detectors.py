"""Routes of detectors and bases."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from console.access.rights import Right
from console.access.viewer import Viewer
from console.api.viewing import ContextOf, needs
from console.results.detectors import DetectorComparison, DetectorList, DetectorSummary
from console.services import comparing
from console.services import detectors as service

router = APIRouter(prefix="/detectors", tags=["detectors"])

Reader = Annotated[Viewer, needs(Right.READ)]
Id = Annotated[str, Query(min_length=1, max_length=200)]


@router.get("")
def list_detectors(viewer: Reader, context: ContextOf) -> DetectorList:
    """List detectors and bases, those in force first; the base's alerts include those of earlier bases."""
    return service.list_detectors(context)


@router.get("/bases")
def list_bases(viewer: Reader, context: ContextOf) -> DetectorList:
    """List every base that has been in force, newest first, with its period, training and own alerts."""
    return service.list_bases(context)


@router.get("/compare")
def compare(viewer: Reader, context: ContextOf, a: Id, b: Id) -> DetectorComparison:
    """Compare two detectors or bases; earlier bases have the ids of `/detectors/bases`."""
    return comparing.compare(context, a, b)


@router.get("/{detector_id}")
def detector(
    viewer: Reader, context: ContextOf, detector_id: Annotated[str, Path(min_length=1, max_length=200)]
) -> DetectorSummary:
    """Return one detector or base; earlier bases are included."""
    return service.one_detector(context, detector_id)
