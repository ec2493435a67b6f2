"""Routes of labels, for example from a chargeback feed."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from console.access.rights import Right
from console.access.viewer import Viewer
from console.api.fields import MOST_TRANSACTIONS, RequestId, TransactionId
from console.api.viewing import ContextOf, needs
from console.results.requests import RequestResult
from console.services.labelling import label

router = APIRouter(prefix="/labels", tags=["labels"])


class LabelsCreate(BaseModel):
    """A verdict on transactions, and its source."""

    ids: Annotated[list[TransactionId], Field(min_length=1, max_length=MOST_TRANSACTIONS)]
    verdict: Literal["fraud", "genuine"]
    source: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,49}$")] = "analyst"
    request_id: RequestId | None = None


@router.post("")
def add_labels(
    viewer: Annotated[Viewer, needs(Right.LABEL)], context: ContextOf, labels: LabelsCreate
) -> RequestResult:
    """Label transactions as fraud or genuine; repeating a request changes nothing."""
    return label(
        context,
        viewer,
        labels.ids,
        verdict=labels.verdict,
        source=labels.source,
        request_id=labels.request_id,
    )
