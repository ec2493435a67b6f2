"""Merging two cases into one, and undoing it."""

from __future__ import annotations

from typing import Any

from console.access.viewer import Viewer
from console.audit import Act, note
from console.context import ConsoleContext
from console.errors import Invalid, NotFound, Refused
from console.results.cases import CaseDetails
from console.services.cases import page_of, require_own
from storage import UnitOfWork
from storage.cases import CLOSED, PRIORITIES, Case, CaseAlert
from storage.notes import OF_CASE

MOST_ALERTS = 10_000
"""Most alerts of a merged case; its page reads them all."""


def merge(context: ConsoleContext, viewer: Viewer, source_id: int, target_id: int) -> CaseDetails:
    """Move alerts, notes and links of one case into another, and close the one that they came from.

    The case that goes on keeps the higher priority and the earlier deadline of both. The other one keeps its
    title, owner and history, and names where its content went.

    Args:
        context: tools of the console.
        viewer: who merges.
        source_id: the case to close.
        target_id: the case that goes on.

    Returns:
        The case that goes on.

    Raises:
        NotFound: one of the cases does not exist.
        Invalid: both are the same case.
        Refused: one was merged before, the target is closed, or both together have too many alerts.
    """
    if source_id == target_id:
        raise Invalid("a case cannot be merged into itself", where="into", allowed="the id of another case")
    now = context.clock()
    with context.unit() as unit:
        source, target = _both(unit, source_id, target_id)
        _check(source, target)
        before = _state(source, target)
        source.merge = _moved(unit, viewer, source, target, now)
        source.merged_into, source.status = target.id, CLOSED
        source.updated_at = target.updated_at = now
        after = _state(source, target) | {"into": target.id, "from": source.id, "moved": source.merge}
        for case in (source, target):
            note(unit, viewer, Act("merge cases", f"case {case.id}", before, after), now)
        unit.commit()
        unit.session.expire_all()
        return page_of(context, unit, target)


def undo_merge(context: ConsoleContext, viewer: Viewer, source_id: int) -> CaseDetails:
    """Give a merged case back what was moved out of it; what was added since stays where it is.

    Priority and deadline of the other case return to what they were, unless they were changed since.

    Args:
        context: tools of the console.
        viewer: who undoes the merge.
        source_id: the case that was merged into another.

    Returns:
        The case with its content.

    Raises:
        NotFound: no such case.
        Refused: it was not merged, or the other case was merged further.
    """
    now = context.clock()
    with context.unit(reads_only=True) as unit:
        found = unit.cases.get(source_id)
        into = found.merged_into if found is not None else None
    with context.unit() as unit:
        source, target = _both(unit, source_id, into if into is not None else source_id)
        if source.merged_into is None or source.merge is None or source.merged_into != target.id:
            raise Refused(f"case {source_id} is not merged into another", where="id")
        require_own(target, "undo that merge first")
        before = _state(source, target)
        _give_back(unit, source, target, source.merge)
        source.status = source.merge["status"]
        source.merge = source.merged_into = None
        source.updated_at = target.updated_at = now
        after = _state(source, target) | {"out of": target.id, "from": source.id}
        for case in (source, target):
            note(unit, viewer, Act("undo merge of cases", f"case {case.id}", before, after), now)
        unit.commit()
        unit.session.expire_all()
        return page_of(context, unit, source)


def _both(unit: UnitOfWork, source_id: int, target_id: int) -> tuple[Case, Case]:
    source, target = unit.cases.locked(source_id, target_id)
    if source is None:
        raise NotFound(f"no case {source_id}", where="id")
    if target is None:
        raise NotFound(f"no case {target_id}", where="into")
    return source, target


def _check(source: Case, target: Case) -> None:
    require_own(source, "it cannot be merged again")
    require_own(target, f"merge into case {target.merged_into} instead", where="into")
    if target.status == CLOSED:
        raise Refused(f"case {target.id} is closed", where="into", allowed="a case that is not closed")
    together = {part.alert_id for part in (*source.alerts, *target.alerts)}
    if len(together) > MOST_ALERTS:
        raise Refused(
            f"both cases together have {len(together):,} alerts",
            where="into",
            allowed=f"at most {MOST_ALERTS:,}",
        )


def _moved(unit: UnitOfWork, viewer: Viewer, source: Case, target: Case, now: float) -> dict[str, Any]:
    """Move the content of `source`, and return what undoing needs."""
    held = {part.alert_id for part in target.alerts}
    parts = [(part.alert_id, part.transaction_id) for part in source.alerts]
    notes = [one.id for one in unit.notes.of_subject(OF_CASE, str(source.id))]
    links = [one.id for one in source.links]
    record = {
        "by": viewer.name,
        "at": now,
        "status": source.status,
        "alerts": [alert for alert, _ in parts],
        "new alerts": [alert for alert, _ in parts if alert not in held],
        "notes": notes,
        "links": links,
        "before": _terms(target),
    }
    source.alerts = []
    target.alerts += [
        CaseAlert(alert_id=alert, transaction_id=transaction)
        for alert, transaction in parts
        if alert not in held
    ]
    unit.session.flush()
    unit.cases.move_links(links, source.id, target.id)
    unit.notes.move(notes, OF_CASE, str(source.id), str(target.id))
    target.priority = max(source.priority, target.priority, key=PRIORITIES.index)
    target.due_at = min((due for due in (source.due_at, target.due_at) if due is not None), default=None)
    return record | {"after": _terms(target)}


def _give_back(unit: UnitOfWork, source: Case, target: Case, record: dict[str, Any]) -> None:
    mine, new = set(record["alerts"]), set(record["new alerts"])
    parts = [(part.alert_id, part.transaction_id) for part in target.alerts if part.alert_id in mine]
    target.alerts = [part for part in target.alerts if part.alert_id not in new]
    source.alerts = [CaseAlert(alert_id=alert, transaction_id=transaction) for alert, transaction in parts]
    if _terms(target) == record["after"]:
        target.priority, target.due_at = record["before"]["priority"], record["before"]["due_at"]
    unit.session.flush()
    unit.cases.move_links(record["links"], target.id, source.id)
    unit.notes.move(record["notes"], OF_CASE, str(target.id), str(source.id))


def _terms(case: Case) -> dict[str, Any]:
    return {"priority": case.priority, "due_at": case.due_at}


def _state(*cases: Case) -> dict[str, Any]:
    return {
        f"case {case.id}": {"status": case.status, "alerts": len(case.alerts)} | _terms(case)
        for case in cases
    }
