"""Routes of cases."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field, StringConstraints

from console.access.rights import Right
from console.access.viewer import Viewer
from console.api.export import FormatOf, as_file
from console.api.fields import AlertId, Limit, Name, Offset, Text
from console.api.notes import NoteCreate
from console.api.viewing import ContextOf, needs
from console.results.cases import CaseDetails, CaseList
from console.results.transactions import NoteRow
from console.services import cases as service
from console.services.exporting import note_export
from storage.cases import CaseFilter

router = APIRouter(prefix="/cases", tags=["cases"])

MOST_ALERTS = 1_000
CaseId = Annotated[int, Path(ge=1, le=2**53)]
Status = Literal["open", "working", "closed"]
Reader = Annotated[Viewer, needs(Right.READ)]
Worker = Annotated[Viewer, needs(Right.DECIDE)]
AlertIds = Annotated[list[AlertId], Field(max_length=MOST_ALERTS)]
# Other schemes run scripts (javascript:) or open local files on a click.
Url = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=2_000, pattern=r"^https?://[^\s<>\"\x00]+$")
]
COLUMNS = ("id", "title", "status", "owner", "author", "created_at", "changed_at", "alerts")


class CaseCreate(BaseModel):
    """A new case."""

    title: Name
    owner: Name | None = None
    ids: AlertIds = []


class CaseUpdate(BaseModel):
    """Fields to change; an owner of null removes the owner."""

    title: Name | None = None
    status: Status | None = None
    owner: Name | None = None


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
    offset: Offset = 0,
    limit: Limit = 50,
) -> CaseList:
    """List cases, most recently changed first."""
    return service.list_cases(context, CaseFilter(status, owner), offset=offset, limit=limit)


@router.post("", status_code=201)
def open_case(viewer: Worker, context: ContextOf, new: CaseCreate) -> CaseDetails:
    """Open a case."""
    return service.open_case(context, viewer, new.title, owner=new.owner, alert_ids=new.ids)


@router.get("/export", response_class=Response)
def export(
    viewer: Reader,
    context: ContextOf,
    form: FormatOf = "csv",
    status: Status | None = None,
    owner: Name | None = None,
) -> Response:
    """Download all cases; CSV holds one line a case, JSON holds all details."""
    note_export(context, viewer, "cases", {"status": status, "owner": owner, "format": form})
    rows = service.exported_cases(context, CaseFilter(status, owner))
    return as_file(rows, COLUMNS, form, "cases")


@router.get("/{case_id}")
def case(viewer: Reader, context: ContextOf, case_id: CaseId) -> CaseDetails:
    """Return one case with its alerts, notes and links."""
    return service.case_page(context, case_id)


@router.patch("/{case_id}")
def change_case(viewer: Worker, context: ContextOf, case_id: CaseId, change: CaseUpdate) -> CaseDetails:
    """Change title, status or owner."""
    given = change.model_dump(exclude_unset=True)
    kept = {name: value for name, value in given.items() if name == "owner" or value is not None}
    return service.change_case(context, viewer, case_id, kept)


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
