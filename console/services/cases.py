"""Cases: alerts that analysts work on together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from console.access.viewer import Viewer
from console.audit import Act, note
from console.context import ConsoleContext
from console.errors import NotFound, Refused
from console.results.cases import CaseDetails, CaseList, CaseRow, LinkRow
from console.results.transactions import NoteRow
from console.services.alert_actions import find_alerts, require_worker
from console.services.rows import row_of_alert
from console.services.transactions import notes_on
from storage import UnitOfWork
from storage.cases import CLOSED, NORMAL, Case, CaseAlert, CaseFilter, CaseLink
from storage.notes import OF_CASE, Note

EXPORT_STEP = 200


def list_cases(context: ConsoleContext, wanted: CaseFilter, *, offset: int, limit: int) -> CaseList:
    """Return a page of cases, most recently changed first."""
    with context.unit(reads_only=True) as unit:
        cases = unit.cases.page(wanted, offset=offset, limit=limit)
        rows = [CaseRow(**_fields(case, context.clock())) for case in cases]
        return CaseList(unit.cases.count(wanted), rows)


def case_page(context: ConsoleContext, case_id: int) -> CaseDetails:
    """Return one case.

    Raises:
        NotFound: no such case.
    """
    with context.unit(reads_only=True) as unit:
        case = unit.cases.get(case_id)
        return page_of(context, unit, _exists(case, case_id))


def open_case(
    context: ConsoleContext,
    viewer: Viewer,
    title: str,
    *,
    owner: str | None,
    alert_ids: Sequence[int],
    priority: str = NORMAL,
    due_at: float | None = None,
) -> CaseDetails:
    """Open a case.

    Args:
        context: tools of the console.
        viewer: who opens it.
        title: title of the case.
        owner: user who works on it, or None.
        alert_ids: ids of its alerts.
        priority: one of `PRIORITIES`.
        due_at: deadline, seconds since 1970; None takes the hours of the priority.

    Returns:
        The case.

    Raises:
        NotFound: an alert does not exist.
        Invalid: the owner may not work on alerts.
    """
    now = context.clock()
    with context.unit() as unit:
        if owner is not None:
            require_worker(unit, owner, "owner")
        due_at = _deadline(context, priority, now) if due_at is None else due_at
        case = unit.cases.add(
            Case(
                name=title,
                owner=owner,
                author=viewer.name,
                created_at=now,
                updated_at=now,
                priority=priority,
                due_at=due_at,
            )
        )
        _join(unit, case, alert_ids)
        after: dict[str, Any] = {"title": title, "owner": owner, "alerts": list(alert_ids)}
        after |= {"priority": priority, "due_at": due_at}
        note(unit, viewer, Act("open case", f"case {case.id}", after=after), now)
        unit.commit()
        return page_of(context, unit, case)


def change_case(
    context: ConsoleContext, viewer: Viewer, case_id: int, changes: dict[str, Any]
) -> CaseDetails:
    """Change title, status, owner, priority or deadline.

    Another priority gives another deadline, counted from when the case was opened, unless `changes` has one.

    Raises:
        NotFound: no such case.
        Invalid: the owner may not work on alerts.
        Refused: it was merged into another.
    """
    now = context.clock()
    columns = {name: name for name in ("status", "owner", "priority", "due_at")} | {"title": "name"}
    with context.unit() as unit:
        case = _found(unit, case_id)
        if changes.get("priority", case.priority) != case.priority and "due_at" not in changes:
            changes = changes | {"due_at": _deadline(context, changes["priority"], case.created_at)}
        if changes.get("owner") is not None:
            require_worker(unit, changes["owner"], "owner")
        before = {name: getattr(case, columns[name]) for name in changes}
        for name, value in changes.items():
            setattr(case, columns[name], value)
        _changed(unit, viewer, case, Act("change case", f"case {case_id}", before, changes), now)
        return page_of(context, unit, case)


def add_alerts(
    context: ConsoleContext, viewer: Viewer, case_id: int, alert_ids: Sequence[int]
) -> CaseDetails:
    """Add alerts to a case.

    Raises:
        NotFound: case or alert does not exist.
        Refused: the case was merged into another.
    """
    now = context.clock()
    with context.unit() as unit:
        case = _found(unit, case_id)
        _join(unit, case, alert_ids)
        act = Act("add alerts to case", f"case {case_id}", after={"alerts": list(alert_ids)})
        _changed(unit, viewer, case, act, now)
        return page_of(context, unit, case)


def add_note(context: ConsoleContext, viewer: Viewer, case_id: int, text: str) -> NoteRow:
    """Add a note.

    Raises:
        NotFound: no such case.
        Refused: it was merged into another.
    """
    now = context.clock()
    with context.unit() as unit:
        case = _found(unit, case_id)
        unit.notes.add(Note(kind=OF_CASE, subject=str(case_id), author=viewer.name, time=now, text=text))
        _changed(unit, viewer, case, Act("note", f"case {case_id}", after={"text": text}), now)
    return NoteRow(viewer.name, now, text)


def add_link(context: ConsoleContext, viewer: Viewer, case_id: int, *, url: str, title: str) -> CaseDetails:
    """Add a link.

    Raises:
        NotFound: no such case.
        Refused: it was merged into another.
    """
    now = context.clock()
    with context.unit() as unit:
        case = _found(unit, case_id)
        case.links.append(CaseLink(address=url, title=title, author=viewer.name, time=now))
        act = Act("add link to case", f"case {case_id}", after={"url": url, "title": title})
        _changed(unit, viewer, case, act, now)
        return page_of(context, unit, case)


def exported_cases(context: ConsoleContext, wanted: CaseFilter) -> Iterator[dict[str, Any]]:
    """Yield every case in detail, for a file; cards are masked."""
    offset = 0
    with context.unit(reads_only=True) as unit:
        while cases := unit.cases.page(wanted, offset=offset, limit=EXPORT_STEP):
            yield from (asdict(page_of(context, unit, case)) for case in cases)
            offset += len(cases)


def require_own(case: Case, instead: str, *, where: str = "id") -> None:
    """Check that a case still has its content.

    Args:
        case: the case.
        instead: what the sender can do, for the message.
        where: the field that names the case.

    Raises:
        Refused: it was merged into another.
    """
    if case.merged_into is not None:
        raise Refused(f"case {case.id} was merged into case {case.merged_into}: {instead}", where=where)


def _found(unit: UnitOfWork, case_id: int) -> Case:
    """Return a case that may be changed, locked until the unit of work ends."""
    (found,) = unit.cases.locked(case_id)
    case = _exists(found, case_id)
    require_own(case, "change that one, or undo the merge")
    return case


def _exists(case: Case | None, case_id: int) -> Case:
    if case is None:
        raise NotFound(f"no case {case_id}", where="id")
    return case


def _deadline(context: ConsoleContext, priority: str, opened: float) -> float | None:
    hours = context.settings.cases.hours(priority)
    return opened + hours * 3_600 if hours else None


def _join(unit: UnitOfWork, case: Case, alert_ids: Sequence[int]) -> None:
    held = {part.alert_id for part in case.alerts}
    case.alerts += [
        CaseAlert(alert_id=alert.id, transaction_id=alert.transaction_id)
        for alert in find_alerts(unit, alert_ids)
        if alert.id not in held
    ]


def _changed(unit: UnitOfWork, viewer: Viewer, case: Case, act: Act, now: float) -> None:
    case.updated_at = now
    note(unit, viewer, act, now)
    unit.commit()


def _fields(case: Case, now: float) -> dict[str, Any]:
    return {
        "id": case.id,
        "title": case.name,
        "status": case.status,
        "owner": case.owner,
        "author": case.author,
        "created_at": case.created_at,
        "changed_at": case.updated_at,
        "alerts": len(case.alerts),
        "priority": case.priority,
        "due_at": case.due_at,
        "overdue": case.due_at is not None and case.due_at < now and case.status != CLOSED,
        "merged_into": case.merged_into,
    }


def page_of(context: ConsoleContext, unit: UnitOfWork, case: Case) -> CaseDetails:
    """Return a case with its alerts, notes and links."""
    now = context.clock()
    alerts = unit.queue.by_ids([part.alert_id for part in case.alerts])
    return CaseDetails(
        **_fields(case, now),
        merged_from=unit.cases.merged_into(case.id),
        alert_rows=[row_of_alert(alert, context.cards, now=now) for alert in alerts],
        notes=notes_on(unit, OF_CASE, str(case.id)),
        links=[LinkRow(one.id, one.address, one.title, one.author, one.time) for one in case.links],
    )
