"""Routes of alerts."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from console.access.rights import Right
from console.access.viewer import Viewer
from console.api.fields import AlertId, Amount, Limit, Offset, Storable, Text, Time
from console.api.viewing import ContextOf, needs
from console.results.alerts import AlertList, AlertsChanged, NewestAlerts
from console.services import alert_actions as actions
from console.services import alerts as service
from storage.alert_queue import AlertFilter

router = APIRouter(prefix="/alerts", tags=["alerts"])

State = Literal["open", "assigned", "snoozed", "decided"]
Sort = Literal[
    "priority", "-priority", "raised_at", "-raised_at", "surprise", "-surprise", "amount", "-amount"
]
MOST_AT_ONCE = 1_000
Key = Annotated[Storable, Field(max_length=300)]
Mark = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
Reader = Annotated[Viewer, needs(Right.READ)]
Worker = Annotated[Viewer, needs(Right.DECIDE)]


class AlertQuery(BaseModel):
    """Filters, order and page. The default is open alerts, assigned or not."""

    model_config = ConfigDict(extra="forbid")

    state: list[State] = Field(default=["open", "assigned"], description="alerts in any of these states")
    assignee: Key | None = None
    detector: Key | None = Field(None, description="id of the scorer, `base` or `block`")
    card: Key | None = Field(None, description="a card's token or reference")
    queue: Mark | None = Field(None, description="queue that a written rule routes to")
    tag: Mark | None = Field(None, description="tag of a written rule")
    min_amount: Amount | None = None
    max_amount: Amount | None = None
    since: Time | None = None
    until: Time | None = None
    overdue: bool = Field(False, description="only alerts in a case that is past its deadline")
    sort: Sort = "priority"
    offset: Offset = 0
    limit: Limit = 50

    def filter(self, context: ContextOf) -> AlertFilter:
        """Return the filter for storage; references become keys."""
        return AlertFilter(
            states=tuple(self.state),
            assignee=self.assignee,
            scorer=self.detector,
            card=context.cards.key(self.card) if self.card else None,
            queue=self.queue,
            tag=self.tag,
            min_amount=self.min_amount,
            max_amount=self.max_amount,
            since=self.since,
            until=self.until,
            overdue=self.overdue,
        )


@router.get("")
def list_alerts(viewer: Reader, context: ContextOf, query: Annotated[AlertQuery, Query()]) -> AlertList:
    """List alerts."""
    return service.list_alerts(
        context, query.filter(context), sort=query.sort, offset=query.offset, limit=query.limit
    )


@router.get("/newest")
def newest_alerts(
    viewer: Reader,
    context: ContextOf,
    after: Annotated[int, Query(ge=0, le=2**53, description="id of the newest alert seen so far")] = 0,
    limit: Limit = 50,
) -> NewestAlerts:
    """List alerts raised since, for a queue that updates itself."""
    return service.newest_alerts(context, after, limit)


Ids = Annotated[list[AlertId], Field(min_length=1, max_length=MOST_AT_ONCE)]


class AlertVerdict(BaseModel):
    """A verdict on alerts."""

    ids: Ids
    verdict: Literal["fraud", "genuine"]
    note: Text = ""


class Assignment(BaseModel):
    """The user who works on the alerts; null removes the assignment."""

    ids: Ids
    assignee: Key | None


class Snooze(BaseModel):
    """The end of a snooze in seconds since 1970 UTC; null ends it now."""

    ids: Ids
    until: float | None = Field(allow_inf_nan=False)


@router.post("/decide")
def decide(viewer: Worker, context: ContextOf, decision: AlertVerdict) -> AlertsChanged:
    """Judge alerts as fraud or genuine."""
    return actions.decide(context, viewer, decision.ids, decision.verdict, decision.note)


@router.post("/assign")
def assign(viewer: Worker, context: ContextOf, assignment: Assignment) -> AlertsChanged:
    """Assign alerts to a user."""
    return actions.assign(context, viewer, assignment.ids, assignment.assignee)


@router.post("/snooze")
def snooze(viewer: Worker, context: ContextOf, wanted: Snooze) -> AlertsChanged:
    """Snooze alerts."""
    return actions.snooze(context, viewer, wanted.ids, wanted.until)
