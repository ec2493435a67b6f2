"""Changes of named lists, through the adaptation worker."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence

from console.access.viewer import Viewer
from console.audit import Act
from console.context import ConsoleContext
from console.errors import Invalid
from console.results.lists import BadLine, ListImport
from console.results.requests import RequestResult
from console.services.asking import ask, request_by
from console.services.requests import result_of
from rules.errors import RuleError
from rules.lists.change import (
    ListChange,
    Put,
    Row,
    check_terms,
    check_value,
    divided,
    encode_change,
)
from rules.lists.csv_file import ReadFile, read_csv
from rules.lists.definition import LIST_PREFIX, ListDefinition, check_list, check_list_name

MOST_NAMED = 100


def define_list(
    context: ConsoleContext, viewer: Viewer, name: str, definition: ListDefinition, note: str
) -> RequestResult:
    """Request that a list is made, or is for something else.

    Raises:
        Invalid: the definition cannot be used.
        Refused: the worker refuses.
    """
    try:
        check_list_name(name)
        check_list(definition)
    except RuleError as error:
        raise Invalid(error.what, where="list") from None
    return _sent(context, viewer, name, ListChange(definition=definition), note, "define list")


def add_values(
    context: ConsoleContext, viewer: Viewer, name: str, values: Sequence[str], terms: Row
) -> RequestResult:
    """Request that values are added with the end, reason and source of `terms`.

    Raises:
        Invalid: a value cannot be on a list.
        Refused: the worker refuses: there is no such list, or it would be too long.
    """
    keys = [context.cards.key(value) for value in values]
    for problem in (check_terms(terms.reason, terms.source), *map(check_value, keys)):
        if problem:
            raise Invalid(problem, where="values")
    put = [Put(key, terms.until) for key in dict.fromkeys(keys)]
    change = ListChange(put=put, notes=[(terms.reason, terms.source)])
    return _sent(context, viewer, name, change, terms.reason, "add to list")


def remove_values(
    context: ConsoleContext, viewer: Viewer, name: str, values: Sequence[str], note: str
) -> RequestResult:
    """Request that values, or references of cards, are taken off a list. Raises Refused."""
    change = ListChange(remove=[context.cards.key(value) for value in values])
    return _sent(context, viewer, name, change, note, "take off list")


def remove_list(context: ConsoleContext, viewer: Viewer, name: str, note: str) -> RequestResult:
    """Request that a list is taken out of force. Raises Refused where a rule reads it."""
    subject = LIST_PREFIX + name
    request = request_by(context, viewer, "retire", name=subject, reason=note)
    act = Act("remove list", subject, after={"note": note, "request": request.request_id})
    return result_of(request, ask(context, viewer, request, act))


def import_values(
    context: ConsoleContext,
    viewer: Viewer,
    name: str,
    text: str,
    terms: Row,
    *,
    replace: bool,
    skip_bad: bool,
    dry_run: bool,
) -> ListImport:
    """Request that the values of a CSV file are added, part by part; bad lines stop it unless left out.

    Raises:
        Invalid: the text is no such file.
        Refused: the worker refuses a part; those before it are in force.
    """
    try:
        read = read_csv(io.StringIO(text), terms, context.settings.lists.most_values)
    except RuleError as error:
        raise Invalid(error.what, where="csv") from None
    if dry_run or (read.bad and not skip_bad):
        return _imported(read, 0, "checked", "nothing is sent")
    changes = list(divided(list(read.rows.values()), replace=replace))
    for number, change in enumerate(changes, 1):
        sent = _sent(context, viewer, name, change, terms.reason, "import into list")
        if sent.status not in ("live", "done"):
            said = f"part {number} of {len(changes)}: {sent.message}; import the file again to go on"
            return _imported(read, number, sent.status, said)
    return _imported(read, len(changes), "live", "all values are in force")


def _imported(read: ReadFile, parts: int, status: str, message: str) -> ListImport:
    bad = [BadLine(line, problem) for line, problem in list(read.bad.items())[:MOST_NAMED]]
    return ListImport(len(read.rows), read.repeated, len(read.bad), bad, parts, status, message)


def _sent(
    context: ConsoleContext, viewer: Viewer, name: str, change: ListChange, note: str, action: str
) -> RequestResult:
    definition = encode_change(change)
    request = request_by(context, viewer, "list", name=name, reason=note, definition=definition)
    after = {**_noted(change, definition), "note": note, "request": request.request_id}
    return result_of(request, ask(context, viewer, request, Act(action, LIST_PREFIX + name, after=after)))


def _noted(change: ListChange, definition: str) -> dict[str, object]:
    """Return what the audit log says: numbers and a hash, and no values, which may be cards."""
    digest = hashlib.sha256(definition.encode()).hexdigest()
    noted: dict[str, object] = {"put": len(change.put), "removed": len(change.remove), "sha256": digest}
    if change.definition is not None:
        noted |= {"use": change.definition.use, "of": change.definition.of}
    return noted
