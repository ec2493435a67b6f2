"""Routes of named lists: all, one, values, define, add, take off, import, export, remove."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from console.access.rights import Right
from console.access.viewer import Viewer
from console.api.export import FormatOf, as_file
from console.api.fields import Limit, Offset, Storable, Text
from console.api.notes import DecisionNote
from console.api.viewing import ContextOf, needs
from console.results.lists import ListImport, ListRow, Lists, ListValues
from console.results.requests import RequestResult
from console.services import list_changes
from console.services import lists as service
from console.services.exporting import note_export
from rules.lists.change import LONGEST_REASON, LONGEST_SOURCE, Row
from rules.lists.csv_file import EXPORTED
from rules.lists.definition import ListDefinition, Use

router = APIRouter(prefix="/lists", tags=["lists"])

Reader = Annotated[Viewer, needs(Right.READ)]
Lead = Annotated[Viewer, needs(Right.APPROVE)]
Name = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,47}$", description="name of the list")]
Value = Annotated[Storable, Field(min_length=1, max_length=400, description="an id, or a card's reference")]
Values = Annotated[list[Value], Field(min_length=1, max_length=1_000)]
MOST_TEXT = 3_000_000


class ListSave(BaseModel):
    """What a list is for; `note` says what it holds, `reason` stays in the history."""

    use: Use = Use.WATCH
    of: Annotated[Storable, Field(max_length=31)] = ""
    owner: Annotated[Storable, Field(max_length=128)] = ""
    note: Annotated[Storable, Field(max_length=500)] = ""
    reason: Text = ""


class ValueTerms(BaseModel):
    """End (event time, seconds since 1970), reason and source of values."""

    until: Annotated[float, Field(ge=0, le=1e11, allow_inf_nan=False)] | None = None
    reason: Annotated[Storable, Field(max_length=LONGEST_REASON)] = ""
    source: Annotated[Storable, Field(max_length=LONGEST_SOURCE)] = ""

    @property
    def row(self) -> Row:
        """Return them as a row without a value."""
        return Row("", self.until, self.reason, self.source)


class ValuesAdd(ValueTerms):
    """Values to add, or to give other terms."""

    values: Values


class ValuesRemove(BaseModel):
    """Values to take off."""

    values: Values
    note: Text = ""


class ValuesImport(ValueTerms):
    """A CSV file with the column `value`, maybe `until`, `reason`, `source`; the terms fill empty cells."""

    csv: Annotated[str, Field(max_length=MOST_TEXT)]
    replace: bool = False
    skip_bad: bool = False
    dry_run: bool = False


@router.get("")
def list_lists(viewer: Reader, context: ContextOf) -> Lists:
    """List all named lists with their numbers of values."""
    return service.all_lists(context)


@router.get("/{name}")
def one(viewer: Reader, context: ContextOf, name: Name) -> ListRow:
    """Return one list."""
    return service.one_list(context, name)


@router.get("/{name}/values")
def values(
    viewer: Reader,
    context: ContextOf,
    name: Name,
    value: Annotated[Storable, Query(max_length=400, description="only this id or reference")] = "",
    offset: Offset = 0,
    limit: Limit = 50,
) -> ListValues:
    """List values of a list, or look one up."""
    return service.values_of(context, name, value, offset=offset, limit=limit)


@router.get("/{name}/export")
def export(viewer: Lead, context: ContextOf, name: Name, form: FormatOf = "csv") -> StreamingResponse:
    """Download all values; cards are masked. `flagfive lists export` writes them in full."""
    service.held(context, name)
    note_export(context, viewer, f"list/{name}", {"format": form})
    return as_file(service.every_value(context, name), EXPORTED, form, name)


@router.put("/{name}")
def define(viewer: Lead, context: ContextOf, name: Name, wanted: ListSave) -> RequestResult:
    """Make a list, or say anew what it is for."""
    definition = ListDefinition(wanted.use, wanted.of, wanted.owner, wanted.note)
    return list_changes.define_list(context, viewer, name, definition, wanted.reason)


@router.post("/{name}/values")
def add(viewer: Lead, context: ContextOf, name: Name, wanted: ValuesAdd) -> RequestResult:
    """Add values, or give them another end, reason or source."""
    return list_changes.add_values(context, viewer, name, wanted.values, wanted.row)


@router.post("/{name}/values/remove")
def take_off(viewer: Lead, context: ContextOf, name: Name, wanted: ValuesRemove) -> RequestResult:
    """Take values off a list."""
    return list_changes.remove_values(context, viewer, name, wanted.values, wanted.note)


@router.post("/{name}/import")
def import_values(viewer: Lead, context: ContextOf, name: Name, file: ValuesImport) -> ListImport:
    """Add the values of a file; larger files than a body may have go through `flagfive lists import`."""
    return list_changes.import_values(
        context,
        viewer,
        name,
        file.csv,
        file.row,
        replace=file.replace,
        skip_bad=file.skip_bad,
        dry_run=file.dry_run,
    )


@router.post("/{name}/remove")
def remove(viewer: Lead, context: ContextOf, name: Name, why: DecisionNote) -> RequestResult:
    """Take a list out of force with all its values; one that a rule reads is kept."""
    return list_changes.remove_list(context, viewer, name, why.note)
