"""Routes of the audit log."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from console.access.rights import Right
from console.access.viewer import Viewer
from console.api.export import Format, as_file
from console.api.fields import Limit, Offset, Storable, Time
from console.api.viewing import ContextOf, needs
from console.results.administration import AuditCheck, AuditList
from console.services import auditing as service
from console.services.exporting import note_export
from storage.audit_search import AuditFilter

router = APIRouter(prefix="/audit", tags=["administration"])

Auditor = Annotated[Viewer, needs(Right.AUDIT)]
Words = Annotated[Storable, Field(max_length=200)]
COLUMNS = ("id", "time", "author", "address", "action", "subject", "before", "after", "details", "hash")


class AuditQuery(BaseModel):
    """Filters; actor, action and subject match parts of the value."""

    model_config = ConfigDict(extra="forbid")

    actor: Words | None = None
    action: Words | None = None
    subject: Words | None = None
    since: Time | None = None
    until: Time | None = None

    def filter(self) -> AuditFilter:
        """Return the filter for storage."""
        return AuditFilter(
            actor=self.actor, action=self.action, subject=self.subject, since=self.since, until=self.until
        )


class AuditListQuery(AuditQuery):
    """Filters and page."""

    offset: Offset = 0
    limit: Limit = 50


class AuditExportQuery(AuditQuery):
    """Filters and file format."""

    format: Format = "csv"


@router.get("")
def list_acts(viewer: Auditor, context: ContextOf, query: Annotated[AuditListQuery, Query()]) -> AuditList:
    """List audit entries, newest first."""
    return service.list_acts(context, query.filter(), offset=query.offset, limit=query.limit)


@router.get("/export", response_class=Response)
def export(viewer: Auditor, context: ContextOf, query: Annotated[AuditExportQuery, Query()]) -> Response:
    """Download audit entries, oldest first."""
    note_export(context, viewer, "audit log", query.model_dump(exclude_none=True))
    return as_file(service.exported_acts(context, query.filter()), COLUMNS, query.format, "audit-log")


@router.get("/verify")
def verify(viewer: Auditor, context: ContextOf) -> AuditCheck:
    """Verify the hash chain from its first entry."""
    return service.check_chain(context)
