"""Actions on alerts: judge, assign, snooze."""

from __future__ import annotations

from collections.abc import Sequence

from console.access.rights import RIGHTS_OF, Right, Role
from console.access.viewer import Viewer
from console.audit import Act, note
from console.context import ConsoleContext
from console.errors import Invalid, NotFound
from console.results.alerts import AlertsChanged
from console.services.asking import post, request_by
from storage import UnitOfWork
from storage.alert_queue import state_of
from storage.alerts import CONFIRMED, OPEN, REJECTED, AlertRow
from storage.labels import FRAUD
from storage.notes import OF_TRANSACTION, Note

LONGEST_SNOOZE_S = 90 * 86_400.0


def decide(
    context: ConsoleContext, viewer: Viewer, ids: Sequence[int], verdict: str, text: str
) -> AlertsChanged:
    """Judge alerts; they leave the queue at once, and the adaptation worker gets the labels.

    Args:
        context: tools of the console.
        viewer: who judges.
        ids: ids of alerts.
        verdict: `fraud` or `genuine`.
        text: a note for each transaction; empty for none.

    Raises:
        NotFound: an alert does not exist; nothing changes then.
    """
    status = CONFIRMED if verdict == FRAUD else REJECTED
    with context.unit(reads_only=True) as unit:
        alerts = find_alerts(unit, ids)
    named = tuple(dict.fromkeys(alert.transaction_id for alert in alerts))
    fraud, genuine = (named, ()) if verdict == FRAUD else ((), named)
    request = request_by(context, viewer, "label", fraud=fraud, genuine=genuine, reason=text)

    def change(unit: UnitOfWork) -> None:
        unit.alerts.set_status(named, status)
        for transaction_id in named if text else ():
            unit.notes.add(_note(context, viewer, transaction_id, text))

    before = {"status": {alert.id: alert.status for alert in alerts}}
    after = {"status": status, "note": text, "request": request.request_id}
    post(context, viewer, request, Act("decide", _told(alerts), before, after), beside=change)
    return AlertsChanged(len(alerts), request.request_id)


def assign(
    context: ConsoleContext, viewer: Viewer, ids: Sequence[int], assignee: str | None
) -> AlertsChanged:
    """Assign alerts to a user, or to no user if `assignee` is None.

    Raises:
        NotFound: an alert does not exist.
        Invalid: the assignee may not work on alerts.
    """
    now = context.clock()
    with context.unit() as unit:
        alerts = find_alerts(unit, ids)
        if assignee is not None:
            require_worker(unit, assignee, "assignee")
        before = {"assignee": {alert.id: alert.assignee for alert in alerts}}
        unit.queue.change([alert.id for alert in alerts], assignee=assignee)
        note(unit, viewer, Act("assign", _told(alerts), before, {"assignee": assignee}), now)
        unit.commit()
    return AlertsChanged(len(alerts))


def snooze(context: ConsoleContext, viewer: Viewer, ids: Sequence[int], until: float | None) -> AlertsChanged:
    """Snooze alerts until a time (seconds since 1970 UTC), or end the snooze if `until` is None.

    Raises:
        NotFound: an alert does not exist.
        Invalid: an alert is judged, or the time is past or too far ahead.
    """
    now = context.clock()
    if until is not None and not now < until <= now + LONGEST_SNOOZE_S:
        raise Invalid("a snooze must end in the future, within 90 days", where="until")
    with context.unit() as unit:
        alerts = find_alerts(unit, ids)
        if judged := [alert.id for alert in alerts if alert.status != OPEN]:
            raise Invalid(f"already judged: {judged[:5]}", where="ids", allowed="open alerts")
        before = {"state": {alert.id: state_of(alert, now) for alert in alerts}}
        unit.queue.change([alert.id for alert in alerts], snoozed_until=until)
        note(unit, viewer, Act("snooze", _told(alerts), before, {"snoozed_until": until}), now)
        unit.commit()
    return AlertsChanged(len(alerts))


def find_alerts(unit: UnitOfWork, ids: Sequence[int]) -> list[AlertRow]:
    """Return the alerts of these ids, each once.

    Raises:
        NotFound: an alert does not exist.
    """
    wanted = list(dict.fromkeys(ids))
    alerts = unit.queue.by_ids(wanted)
    if len(alerts) < len(wanted):
        missing = sorted(set(wanted) - {alert.id for alert in alerts})
        raise NotFound(f"no such alerts: {missing[:5]}", where="ids")
    return alerts


def require_worker(unit: UnitOfWork, name: str, where: str) -> None:
    """Check that `name` is an active user who may work on alerts.

    Raises:
        Invalid: it is not.
    """
    may = [one.name for one in unit.users.all() if one.active and Right.DECIDE in RIGHTS_OF[Role(one.role)]]
    if name not in may:
        raise Invalid(f"{name!r} is not an active user who may work on alerts", where=where, allowed=may)


def _note(context: ConsoleContext, viewer: Viewer, transaction_id: str, text: str) -> Note:
    return Note(
        kind=OF_TRANSACTION, subject=transaction_id, author=viewer.name, time=context.clock(), text=text
    )


def _told(alerts: Sequence[AlertRow]) -> str:
    """Return the subject of an audit entry: one alert, or their number; its details hold the ids."""
    return f"alert {alerts[0].id}" if len(alerts) == 1 else f"{len(alerts)} alerts"
