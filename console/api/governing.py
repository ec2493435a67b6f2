"""Routes of policy and approvals."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from console.access.rights import Right
from console.access.viewer import Viewer
from console.api.fields import Limit, Offset
from console.api.viewing import ContextOf, needs
from console.results.administration import ApprovalList, PolicyInForce
from console.services import governing as service
from storage.policies import APPROVED, REJECTED

router = APIRouter(tags=["administration"])

Reader = Annotated[Viewer, needs(Right.READ)]
ProposalId = Annotated[int, Path(ge=1, le=2**53)]
Days = Annotated[float, Field(ge=0, le=36_500, allow_inf_nan=False, description="days; 0 keeps everything")]


class PolicyUpdate(BaseModel):
    """Terms to change; bounds are those of the settings file."""

    alert_rate: Annotated[float, Field(gt=0, le=0.5, allow_inf_nan=False)] | None = None
    alerts_per_day: Annotated[float, Field(ge=0, le=1e7, allow_inf_nan=False)] | None = None
    policy: Literal["auto", "approve", "shadow"] | None = None
    four_eyes: bool | None = None
    transactions_days: Days | None = None
    alerts_days: Days | None = None


@router.get("/policy")
def policy(viewer: Reader, context: ContextOf) -> PolicyInForce:
    """Return the policy in force: budget, four eyes and retention."""
    return service.policy(context)


@router.put("/policy")
def set_policy(
    viewer: Annotated[Viewer, needs(Right.ADMINISTER)], context: ContextOf, change: PolicyUpdate
) -> PolicyInForce:
    """Change the policy; changes override the settings file. Under four eyes they wait as a proposal."""
    given = {name: value for name, value in change.model_dump().items() if value is not None}
    return service.set_policy(context, viewer, given)


@router.post("/policy/proposals/{proposal_id}/approve")
def approve_policy(
    viewer: Annotated[Viewer, needs(Right.ADMINISTER)], context: ContextOf, proposal_id: ProposalId
) -> PolicyInForce:
    """Put a proposal of another administrator in force."""
    return service.decide_policy(context, viewer, proposal_id, APPROVED)


@router.post("/policy/proposals/{proposal_id}/reject")
def reject_policy(
    viewer: Annotated[Viewer, needs(Right.ADMINISTER)], context: ContextOf, proposal_id: ProposalId
) -> PolicyInForce:
    """Reject a proposal, or withdraw one's own."""
    return service.decide_policy(context, viewer, proposal_id, REJECTED)


@router.get("/approvals")
def approvals(viewer: Reader, context: ContextOf, offset: Offset = 0, limit: Limit = 50) -> ApprovalList:
    """List episodes that wait for approval, and past decisions."""
    return service.approvals(context, offset=offset, limit=limit)
