"""Detectors and bases."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from console.access.rights import Right
from console.access.viewer import Viewer
from console.api.viewing import DeskOf, needs
from console.services import detectors as service

router = APIRouter(prefix="/detectors", tags=["detectors"])

Reader = Annotated[Viewer, needs(Right.READ)]
Id = Annotated[str, Query(min_length=1, max_length=200)]


@router.get("")
def list_detectors(viewer: Reader, desk: DeskOf) -> service.DetectorList:
    """All detectors and bases, what is in force first."""
    return service.list_detectors(desk)


@router.get("/compare")
def compare(viewer: Reader, desk: DeskOf, a: Id, b: Id) -> service.Comparison:
    """Two side by side, and in what they differ."""
    return service.compare(desk, a, b)


@router.get("/{detector_id}")
def detector(
    viewer: Reader, desk: DeskOf, detector_id: Annotated[str, Path(min_length=1, max_length=200)]
) -> service.DetectorRow:
    """One detector or base."""
    return service.one_detector(desk, detector_id)
