"""Routes of episodes: flag, preview, follow, decide."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from console.access.rights import Right
from console.access.viewer import Viewer
from console.api.fields import Limit, Name, Offset, RequestId, Text, TransactionIds
from console.api.notes import DecisionNote
from console.api.viewing import ContextOf, needs
from console.results.episodes import EpisodeDetails, EpisodeList
from console.results.preview import EpisodePreview
from console.results.requests import EpisodeRequested, RequestResult
from console.services import approving, flagging, previewing
from console.services import episodes as service

router = APIRouter(prefix="/episodes", tags=["episodes"])

EpisodeName = Annotated[str, Path(min_length=1, max_length=200, description="id, name or detector's id")]
Status = Literal["refused", "draft", "waiting", "shadow", "adapted", "announced", "live", "retired"]
Reader = Annotated[Viewer, needs(Right.READ)]
Flagger = Annotated[Viewer, needs(Right.FLAG)]
Approver = Annotated[Viewer, needs(Right.APPROVE)]


Share = Annotated[
    float,
    Field(ge=-1, le=1.6, allow_inf_nan=False, description="a point on the curve of a preview's trade-off"),
]


class EpisodeCreate(BaseModel):
    """A new episode. `auto` follows the policy; `approve` and `shadow` keep the detector from alerting.

    Only a lead may choose a `share`; otherwise the gate chooses it.
    """

    name: Name
    ids: TransactionIds
    genuine_ids: TransactionIds = []
    policy: Literal["auto", "approve", "shadow"] = "auto"
    note: Text = ""
    request_id: RequestId | None = None
    share: Share | None = None


class EpisodeApproval(BaseModel):
    """Why the episode goes live, and the number of its transactions (`members`) that the approver has seen.

    With `seen`, an approval is refused if transactions have joined since.
    """

    note: Text = ""
    seen: Annotated[int, Field(ge=1, le=1_000_000)] | None = None


class PreviewRequest(BaseModel):
    """Flags to preview, and the days of event time to search for matches.

    Without `matches` the answer comes before the search. The same request with it then searches.
    """

    ids: TransactionIds
    genuine_ids: TransactionIds = []
    days: Annotated[float, Field(gt=0, le=90, allow_inf_nan=False)] = 7.0
    share: Share | None = None
    matches: bool = True


class MatchVerdicts(BaseModel):
    """Verdicts on transactions that the detector would have alerted."""

    confirm: TransactionIds = []
    reject: TransactionIds = []


@router.get("")
def list_episodes(
    viewer: Reader,
    context: ContextOf,
    status: Annotated[list[Status], Query()] = [],  # noqa: B006 (FastAPI copies it)
    offset: Offset = 0,
    limit: Limit = 50,
) -> EpisodeList:
    """List episodes, newest first."""
    return service.list_episodes(context, tuple(status), offset=offset, limit=limit)


@router.post("", status_code=202)
def flag(viewer: Flagger, context: ContextOf, wanted: EpisodeCreate) -> EpisodeRequested:
    """Flag transactions as one episode."""
    return flagging.flag(
        context,
        viewer,
        flagging.EpisodeFlags(wanted.ids, wanted.genuine_ids),
        name=wanted.name,
        policy=wanted.policy,
        note=wanted.note,
        request_id=wanted.request_id,
        share=wanted.share,
    )


@router.post("/preview")
def preview(viewer: Flagger, context: ContextOf, draft: PreviewRequest) -> EpisodePreview:
    """Preview an episode: support check, earlier matches, alerts added, and the gate's opinion."""
    flags = flagging.EpisodeFlags(draft.ids, draft.genuine_ids)
    return previewing.preview(
        context, viewer, flags, days=draft.days, share=draft.share, matches=draft.matches
    )


@router.get("/{name}")
def episode(viewer: Reader, context: ContextOf, name: EpisodeName) -> EpisodeDetails:
    """Return one episode with its support, acknowledgements, catches and history."""
    return service.episode_page(context, name)


@router.post("/{name}/matches")
def join_matches(
    viewer: Flagger, context: ContextOf, name: EpisodeName, matches: MatchVerdicts
) -> RequestResult:
    """Confirm and reject matches; they join the episode, and its detector is readapted."""
    return flagging.join_matches(context, viewer, name, matches.confirm, matches.reject)


@router.post("/{name}/approve")
def approve(
    viewer: Approver, context: ContextOf, name: EpisodeName, approval: EpisodeApproval
) -> RequestResult:
    """Check the episode at the gate again, and put it into force if it passes."""
    return approving.approve(context, viewer, name, approval.note, seen=approval.seen)


@router.post("/{name}/reject")
def reject(viewer: Approver, context: ContextOf, name: EpisodeName, why: DecisionNote) -> RequestResult:
    """Reject an episode that waits for approval."""
    return approving.reject(context, viewer, name, why.note)


@router.post("/{name}/retire")
def retire(viewer: Approver, context: ContextOf, name: EpisodeName, why: DecisionNote) -> RequestResult:
    """Retire the detector of an episode."""
    return approving.retire(context, viewer, name, why.note)


@router.post("/{name}/rollback")
def roll_back(viewer: Approver, context: ContextOf, name: EpisodeName, why: DecisionNote) -> RequestResult:
    """Undo the last change of the detector of an episode."""
    return approving.roll_back_episode(context, viewer, name, why.note)
