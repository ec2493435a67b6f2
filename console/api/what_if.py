"""Routes of what-ifs."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from console.access.rights import Right
from console.access.viewer import Viewer
from console.api.fields import Storable
from console.api.viewing import ContextOf, needs
from console.results.what_if import WhatIf, WhatIfProgress
from console.services import what_if as service

router = APIRouter(prefix="/what-if", tags=["what if"])

Id = Annotated[Storable, Field(min_length=1, max_length=200)]


class WhatIfRequest(BaseModel):
    """Terms to try; omitted terms stay in force. `episode` is an id, a name or the id of its detector."""

    days: Annotated[float, Field(gt=0, le=90, allow_inf_nan=False, description="of event time")] = 30.0
    episode: Id | None = None
    with_episode: Annotated[bool, Field(description="whether the detector of the episode scores")] = True
    without: Annotated[list[Id], Field(max_length=500, description="ids of detectors that do not score")] = []
    budget: Annotated[
        float | None, Field(ge=1e-6, le=0.5, allow_inf_nan=False, description="share of genuine traffic")
    ] = None
    threshold: Annotated[float | None, Field(ge=0, le=20, allow_inf_nan=False, description="surprise")] = None


@router.post("")
def what_if(viewer: Annotated[Viewer, needs(Right.FLAG)], context: ContextOf, terms: WhatIfRequest) -> WhatIf:
    """Score stored transactions under other terms: alerts a day, fraud and amounts caught, false alarms."""
    return service.what_if(
        context,
        service.WhatIfTerms(
            terms.days, terms.episode, terms.with_episode, terms.without, terms.budget, terms.threshold
        ),
    )


@router.get("")
def running(viewer: Annotated[Viewer, needs(Right.READ)], context: ContextOf) -> WhatIfProgress:
    """Return the progress of the running what-if."""
    return service.running(context)
