"""Routes of the decision policy: show, try, set, accept, reject, remove, roll back."""

from typing import Annotated

import msgspec
from fastapi import APIRouter
from pydantic import BaseModel, BeforeValidator, Field

from console.access.rights import Right
from console.access.viewer import Viewer
from console.api.fields import RequestId, Storable, Text
from console.api.notes import DecisionNote
from console.api.viewing import ContextOf, needs
from console.results.decision_policy import PolicyPreview, PolicyShown
from console.results.requests import RequestResult
from console.services import decision_policy as service
from console.services import policy_changes
from control.policy_entries import DECISION_KEY, PROPOSAL_KEY
from rules.parsing import MOST_CHARACTERS
from rules.policy.definition import MOST_SEGMENTS, MOST_SURPRISE, DecisionPolicy
from rules.policy.file import bound_of

router = APIRouter(prefix="/decision-policy", tags=["decision policy"])

Reader = Annotated[Viewer, needs(Right.READ)]
Flagger = Annotated[Viewer, needs(Right.FLAG)]
Lead = Annotated[Viewer, needs(Right.APPROVE)]


def _surprise(value: object) -> object:
    """Return the surprise that a text gives, such as `1%`; raises RuleError, a ValueError."""
    return bound_of(value) if isinstance(value, str) else value


Surprise = Annotated[float, Field(ge=0, le=MOST_SURPRISE, allow_inf_nan=False)]
Bound = Annotated[
    Surprise | None,
    BeforeValidator(_surprise),
    Field(description="a surprise; or, as text, a share of genuine traffic such as 1%"),
]


class BoundsDraft(BaseModel):
    """Bounds as surprises; null reviews from the budget's threshold, and declines never."""

    review_from: Bound = None
    decline_from: Bound = None


class SegmentDraft(BoundsDraft):
    """A segment: a name that alerts show, and a condition as rules have it."""

    name: Annotated[Storable, Field(min_length=1, max_length=64)]
    when: Annotated[Storable, Field(min_length=1, max_length=MOST_CHARACTERS)]


class PolicyDraft(BaseModel):
    """A decision policy in full; the first segment whose condition is true counts."""

    segments: Annotated[list[SegmentDraft], Field(max_length=MOST_SEGMENTS)] = []
    otherwise: BoundsDraft = BoundsDraft()
    zone: Annotated[Storable, Field(max_length=64, description="time zone of local_time")] = "UTC"
    note: Annotated[Storable, Field(max_length=500)] = ""

    @property
    def policy(self) -> DecisionPolicy:
        """The policy."""
        fields = self.model_dump(include={"segments", "otherwise", "zone", "note"})
        return msgspec.convert(fields, DecisionPolicy)


class PolicySave(PolicyDraft):
    """A decision policy to put in force; `reason` stays in the history."""

    reason: Text = ""
    request_id: RequestId | None = None


class PolicyPreviewRequest(PolicyDraft):
    """A decision policy to try on the last `days` of stored traffic."""

    days: Annotated[float, Field(gt=0, le=90, allow_inf_nan=False, description="of event time")] = 7.0


class PolicyAcceptance(DecisionNote):
    """The policy that the viewer has looked at: its `seen` in the answer of GET."""

    seen: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


@router.get("")
def show(viewer: Reader, context: ContextOf) -> PolicyShown:
    """Return the policy in force, the one that waits, versions, and the budget that all share."""
    return service.decision_policy(context)


@router.post("/preview")
def preview(viewer: Flagger, context: ContextOf, wanted: PolicyPreviewRequest) -> PolicyPreview:
    """Return what a policy would have done in stored traffic, by segment, beside what is in force."""
    return PolicyPreview(policy_changes.preview_policy(context, wanted.policy, wanted.days))


@router.put("")
def save(viewer: Lead, context: ContextOf, wanted: PolicySave) -> RequestResult:
    """Put a policy in force; with four eyes it waits for a second person."""
    return policy_changes.set_policy(context, viewer, wanted.policy, wanted.reason, wanted.request_id)


@router.post("/accept")
def accept(viewer: Lead, context: ContextOf, wanted: PolicyAcceptance) -> RequestResult:
    """Put the policy that waits in force."""
    return policy_changes.accept_policy(context, viewer, wanted.seen, wanted.note)


@router.post("/reject")
def reject(viewer: Lead, context: ContextOf, why: DecisionNote) -> RequestResult:
    """Drop the policy that waits."""
    return policy_changes.remove_policy(context, viewer, PROPOSAL_KEY, why.note)


@router.post("/remove")
def remove(viewer: Lead, context: ContextOf, why: DecisionNote) -> RequestResult:
    """Take the policy out of force; the budget's threshold decides alone."""
    return policy_changes.remove_policy(context, viewer, DECISION_KEY, why.note)


@router.post("/rollback")
def roll_back(viewer: Lead, context: ContextOf, why: DecisionNote) -> RequestResult:
    """Undo the last change of the policy."""
    return policy_changes.roll_back_policy(context, viewer, why.note)
