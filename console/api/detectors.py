"""Detectors and bases."""

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
    """All detectors and bases, what is in force first; the base's alerts are those of all bases so far."""
    return service.list_detectors(context)


@router.get("/bases")
def list_bases(viewer: Reader, context: ContextOf) -> DetectorList:
    """Every base that has been in force, the newest first: when, why, its training, its own alerts."""
    return service.list_bases(context)


@router.get("/compare")
def compare(viewer: Reader, context: ContextOf, a: Id, b: Id) -> DetectorComparison:
    """Two side by side, and in what they differ; earlier bases go by their ids in `/detectors/bases`."""
    return comparing.compare(context, a, b)


@router.get("/{detector_id}")
def detector(
    viewer: Reader, context: ContextOf, detector_id: Annotated[str, Path(min_length=1, max_length=200)]
) -> DetectorSummary:
    """One detector or base, an earlier base too."""
    return service.one_detector(context, detector_id)
