"""Routes of cases."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field, StringConstraints

from console.access.rights import Right
from console.access.viewer import Viewer
from console.api.export import FormatOf, as_file
from console.api.fields import AlertId, Limit, Name, Offset, RowId, Text, Time
from console.api.notes import NoteCreate
from console.api.viewing import ContextOf, needs
from console.results.cases import CaseDetails, CaseList
from console.results.entities import EntityLinks
from console.results.transactions import NoteRow
from console.services import case_merging as merging
from console.services import cases as service
from console.services.entity_links import links_of_case
from console.services.exporting import note_export
from storage.cases import CaseFilter

router = APIRouter(prefix="/cases", tags=["cases"])

MOST_ALERTS = 1_000
CaseId = Annotated[int, Path(ge=1, le=2**53)]
Status = Literal["open", "working", "closed"]
Priority = Literal["low", "normal", "high", "urgent"]
Overdue = Annotated[bool, Query(description="only cases that are not closed and past their deadline")]
Reader = Annotated[Viewer, needs(Right.READ)]
Worker = Annotated[Viewer, needs(Right.DECIDE)]
AlertIds = Annotated[list[AlertId], Field(max_length=MOST_ALERTS)]
# Other schemes run scripts (javascript:) or open local files on a click.
Url = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=2_000, pattern=r"^https?://[^\s<>\"\x00]+$")
]
COLUMNS = (
    "id", "title", "status", "owner", "author", "created_at", "changed_at", "alerts", "priority", "due_at",
    "overdue", "merged_into",
)  # fmt: skip
_REMOVABLE = ("owner", "due_at")
Days = Annotated[int, Query(ge=1, le=365, description="days of event time before the newest payment")]


class CaseCreate(BaseModel):
    """A new case; without `due_at`, the settings say when a case of its priority is due."""

    title: Name
    owner: Name | None = None
    priority: Priority = "normal"
    due_at: Time | None = None
    ids: AlertIds = []


class CaseUpdate(BaseModel):
    """Fields to change; null removes owner or deadline. Another priority sets the deadline anew."""

    title: Name | None = None
    status: Status | None = None
    owner: Name | None = None
    priority: Priority | None = None
    due_at: Time | None = None


class CaseMerge(BaseModel):
    """The case that goes on."""

    into: RowId


class CaseAlertsAdd(BaseModel):
    """Alerts to add to a case."""

    ids: Annotated[list[AlertId], Field(min_length=1, max_length=MOST_ALERTS)]


class CaseLinkCreate(BaseModel):
    """A link to a ticket or document elsewhere."""

    url: Url
    title: Text = ""


@router.get("")
def list_cases(
    viewer: Reader,
    context: ContextOf,
    status: Status | None = None,
    owner: Name | None = None,
    overdue: Overdue = False,
    offset: Offset = 0,
    limit: Limit = 50,
) -> CaseList:
    """List cases, most recently changed first."""
    wanted = _filter(context, status, owner, overdue)
    return service.list_cases(context, wanted, offset=offset, limit=limit)


@router.post("", status_code=201)
def open_case(viewer: Worker, context: ContextOf, new: CaseCreate) -> CaseDetails:
    """Open a case."""
    return service.open_case(
        context,
        viewer,
        new.title,
        owner=new.owner,
        alert_ids=new.ids,
        priority=new.priority,
        due_at=new.due_at,
    )


@router.get("/export", response_class=Response)
def export(
    viewer: Reader,
    context: ContextOf,
    form: FormatOf = "csv",
    status: Status | None = None,
    owner: Name | None = None,
    overdue: Overdue = False,
) -> Response:
    """Download all cases; CSV holds one line a case, JSON holds all details."""
    query = {"status": status, "owner": owner, "overdue": overdue, "format": form}
    note_export(context, viewer, "cases", query)
    rows = service.exported_cases(context, _filter(context, status, owner, overdue))
    return as_file(rows, COLUMNS, form, "cases")


@router.get("/{case_id}")
def case(viewer: Reader, context: ContextOf, case_id: CaseId) -> CaseDetails:
    """Return one case with its alerts, notes and links."""
    return service.case_page(context, case_id)


@router.patch("/{case_id}")
def change_case(viewer: Worker, context: ContextOf, case_id: CaseId, change: CaseUpdate) -> CaseDetails:
    """Change title, status, owner, priority or deadline."""
    given = change.model_dump(exclude_unset=True)
    kept = {name: value for name, value in given.items() if name in _REMOVABLE or value is not None}
    return service.change_case(context, viewer, case_id, kept)


@router.post("/{case_id}/merge")
def merge_case(viewer: Worker, context: ContextOf, case_id: CaseId, wanted: CaseMerge) -> CaseDetails:
    """Move everything of this case into another, and close it; returns the other one."""
    return merging.merge(context, viewer, case_id, wanted.into)


@router.post("/{case_id}/unmerge")
def unmerge_case(viewer: Worker, context: ContextOf, case_id: CaseId) -> CaseDetails:
    """Undo the merge of this case into another, and give it back what it had."""
    return merging.undo_merge(context, viewer, case_id)


@router.post("/{case_id}/alerts")
def add_alerts(viewer: Worker, context: ContextOf, case_id: CaseId, alerts: CaseAlertsAdd) -> CaseDetails:
    """Add alerts to a case."""
    return service.add_alerts(context, viewer, case_id, alerts.ids)


@router.post("/{case_id}/notes", status_code=201)
def add_note(viewer: Worker, context: ContextOf, case_id: CaseId, new: NoteCreate) -> NoteRow:
    """Add a note."""
    return service.add_note(context, viewer, case_id, new.text)


@router.post("/{case_id}/links", status_code=201)
def add_link(viewer: Worker, context: ContextOf, case_id: CaseId, link: CaseLinkCreate) -> CaseDetails:
    """Add a link; only http and https are allowed."""
    return service.add_link(context, viewer, case_id, url=link.url, title=link.title)


@router.get("/{case_id}/entity-links")
def entity_links(viewer: Reader, context: ContextOf, case_id: CaseId, days: Days = 90) -> EntityLinks:
    """Return who shares payments with the cards of a case, within two links: at most 60 entities."""
    return links_of_case(context, case_id, days)


def _filter(context: ContextOf, status: str | None, owner: str | None, overdue: bool) -> CaseFilter:
    return CaseFilter(status, owner, context.clock() if overdue else None)
