"""Routes of written rules: list, check, test, save, mode, remove, roll back."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from console.access.rights import Right
from console.access.viewer import Viewer
from console.api.fields import Limit, Offset, RequestId, Storable, Text, TransactionId
from console.api.notes import DecisionNote
from console.api.viewing import ContextOf, needs
from console.results.requests import RequestResult
from console.results.rules import (
    RuleCheck,
    RuleDetails,
    RuleFromFlags,
    RuleList,
    RuleNames,
    RulePreview,
    RuleTest,
)
from console.services import rule_changes, rule_names, rule_preview, rule_testing
from console.services import rules as service
from rules.actions import MOST_RAISED, Action
from rules.definition import Mode, RuleDefinition
from rules.parsing import MOST_CHARACTERS

router = APIRouter(prefix="/rules", tags=["rules"])

Reader = Annotated[Viewer, needs(Right.READ)]
Flagger = Annotated[Viewer, needs(Right.FLAG)]
Lead = Annotated[Viewer, needs(Right.APPROVE)]
RuleId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="id of the rule")]
Days = Annotated[int, Query(ge=1, le=90, description="days of event time whose matches are counted")]
Condition = Annotated[Storable, Field(max_length=2 * MOST_CHARACTERS, description="see Write rules")]
Zone = Annotated[Storable, Field(max_length=64, description="time zone of local_time")]
Percent = Annotated[float, Field(gt=0, le=100, allow_inf_nan=False, description="percent of the cards")]
By = Annotated[
    float,
    Field(ge=0, le=MOST_RAISED, allow_inf_nan=False, description="surprise that raise and lower change"),
]
Marked = Annotated[
    str, Field(pattern=r"^([a-z0-9][a-z0-9_-]{0,31})?$", description="tag or queue; empty: none")
]
ToList = Annotated[
    str, Field(pattern=r"^([a-z][a-z0-9_]{0,47})?$", description="list that add_to_list adds to")
]
Kind = Annotated[
    str, Field(pattern=r"^([a-z][a-z0-9_]{0,30})?$", description="kind of the entity that it adds")
]
Lasting = Annotated[
    str, Field(pattern=r"^([1-9][0-9]{0,3}[mhd])?$", description="how long it stays, such as 30m or 7d")
]
EventTime = Annotated[
    float, Field(ge=0, le=1e11, allow_inf_nan=False, description="event time, seconds since 1970-01-01 UTC")
]


class ConditionDraft(BaseModel):
    """A condition to check; longer ones than a rule may have are checked too, and named."""

    condition: Condition
    zone: Zone = "UTC"


class ConditionTest(ConditionDraft):
    """A condition to evaluate for one stored transaction."""

    transaction_id: TransactionId


class RulePreviewRequest(ConditionDraft):
    """A rule to try on the last `days` of stored traffic. `rule_id` is the rule that it would replace."""

    action: Action = Action.REVIEW
    by: By = 0.0
    tag: Marked = ""
    queue: Marked = ""
    to_list: ToList = ""
    entity: Kind = ""
    lasting: Lasting = ""
    percent: Percent = 100.0
    days: Annotated[float, Field(gt=0, le=90, allow_inf_nan=False, description="of event time")] = 7.0
    rule_id: Annotated[str, Field(pattern=r"^([a-z0-9][a-z0-9_-]{0,63})?$")] = ""


class SuggestionRequest(BaseModel):
    """An episode, by id, name or detector, and the days of its rule's blast radius."""

    episode: Annotated[Storable, Field(min_length=1, max_length=200)]
    days: Annotated[float, Field(gt=0, le=90, allow_inf_nan=False, description="of event time")] = 7.0


class RuleSave(BaseModel):
    """A rule in full. It starts in shadow; `reason` stays in the history."""

    condition: Annotated[Storable, Field(min_length=1, max_length=MOST_CHARACTERS)]
    action: Action
    mode: Mode = Mode.SHADOW
    order: Annotated[int, Field(ge=0, le=1_000_000)] = 100
    percent: Percent = 100.0
    zone: Zone = "UTC"
    start: EventTime | None = None
    end: EventTime | None = None
    owner: Annotated[Storable, Field(max_length=128)] = ""
    note: Annotated[Storable, Field(max_length=500)] = ""
    by: By = 0.0
    tag: Marked = ""
    queue: Marked = ""
    to_list: ToList = ""
    entity: Kind = ""
    lasting: Lasting = ""
    reason: Text = ""
    request_id: RequestId | None = None


class RuleMode(BaseModel):
    """The mode of a rule; without `percent`, the share of a live rule stays as it is."""

    mode: Literal["off", "shadow", "live"]
    percent: Percent | None = None
    note: Text = ""


@router.get("")
def list_rules(
    viewer: Reader,
    context: ContextOf,
    q: Annotated[Storable, Query(max_length=200, description="text in id, condition, owner or note")] = "",
    days: Days = 14,
    offset: Offset = 0,
    limit: Limit = 50,
) -> RuleList:
    """List rules in the order in which they decide, with their matches by day."""
    return service.list_rules(context, q, days, offset=offset, limit=limit)


@router.get("/names")
def names(viewer: Reader, context: ContextOf) -> RuleNames:
    """List the names that a condition may use."""
    return rule_names.rule_names(context)


@router.post("/check")
def check(viewer: Reader, context: ContextOf, draft: ConditionDraft) -> RuleCheck:
    """Check a condition: a problem has its place, what was found, and what is allowed."""
    return rule_names.check_condition(context, draft.condition, draft.zone)


@router.post("/test")
def test(viewer: Reader, context: ContextOf, draft: ConditionTest) -> RuleTest:
    """Evaluate a condition for one stored transaction, and return the values that it reads."""
    return rule_testing.test_condition(context, draft.condition, draft.zone, draft.transaction_id)


@router.post("/preview")
def preview(viewer: Flagger, context: ContextOf, wanted: RulePreviewRequest) -> RulePreview:
    """Return the blast radius of a rule: what it would have matched, added and caught in stored traffic."""
    fields = wanted.model_dump(exclude={"days", "rule_id"})
    return rule_preview.preview_rule(context, RuleDefinition(**fields), wanted.days, wanted.rule_id)


@router.post("/suggest")
def suggest(viewer: Flagger, context: ContextOf, wanted: SuggestionRequest) -> RuleFromFlags:
    """Return a readable rule that the flags of an episode suggest, and what it would have done."""
    return rule_preview.rule_from_flags(context, wanted.episode, wanted.days)


@router.get("/{rule_id}")
def rule(viewer: Reader, context: ContextOf, rule_id: RuleId, days: Days = 30) -> RuleDetails:
    """Return one rule with versions, matches by day, and the transactions that it matched last."""
    return service.rule_page(context, rule_id, days)


@router.put("/{rule_id}")
def save(viewer: Lead, context: ContextOf, rule_id: RuleId, wanted: RuleSave) -> RequestResult:
    """Save a rule, in place of the one with its id."""
    fields = wanted.model_dump(exclude={"reason", "request_id"}, exclude_defaults=True)
    return rule_changes.save_rule(
        context, viewer, rule_id, RuleDefinition(**fields), wanted.reason, wanted.request_id
    )


@router.post("/{rule_id}/mode")
def set_mode(viewer: Lead, context: ContextOf, rule_id: RuleId, wanted: RuleMode) -> RequestResult:
    """Set a rule off, into shadow, or live for a percent of the cards."""
    return rule_changes.set_mode(context, viewer, rule_id, wanted.mode, wanted.percent, wanted.note)


@router.post("/{rule_id}/remove")
def remove(viewer: Lead, context: ContextOf, rule_id: RuleId, why: DecisionNote) -> RequestResult:
    """Take a rule out of force; a rollback brings it back."""
    return rule_changes.remove_rule(context, viewer, rule_id, why.note)


@router.post("/{rule_id}/rollback")
def roll_back(viewer: Lead, context: ContextOf, rule_id: RuleId, why: DecisionNote) -> RequestResult:
    """Undo the last change of a rule."""
    return rule_changes.roll_back_rule(context, viewer, rule_id, why.note)
