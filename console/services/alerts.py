"""Lists of alerts."""

from __future__ import annotations

from console.context import ConsoleContext
from console.results.alerts import AlertList, NewestAlerts
from console.services.rows import row_of_alert
from storage.alert_queue import AlertFilter


def list_alerts(
    context: ConsoleContext, wanted: AlertFilter, *, sort: str, offset: int, limit: int
) -> AlertList:
    """Return one page of the queue.

    A minus before the column in `sort` sorts descending; `priority` always sorts descending.
    """
    column, now = sort.removeprefix("-"), context.clock()
    descending = sort.startswith("-") or column == "priority"
    with context.unit(reads_only=True) as unit:
        total = unit.queue.count(wanted, now=now)
        alerts = unit.queue.page(
            wanted, now=now, sort=column, descending=descending, offset=offset, limit=limit
        )
        due = unit.cases.deadlines([alert.id for alert in alerts])
        return AlertList(
            total,
            [row_of_alert(alert, context.cards, now=now, due_at=due.get(alert.id)) for alert in alerts],
        )


def newest_alerts(context: ConsoleContext, after: int, limit: int) -> NewestAlerts:
    """Return alerts raised after the alert `after`, newest first; with 0, only the newest id."""
    now, wanted = context.clock(), AlertFilter(after_id=after)
    with context.unit(reads_only=True) as unit:
        last = unit.queue.newest_id()
        if after == 0 or last <= after:
            return NewestAlerts(0, [], last)
        total = unit.queue.count(wanted, now=now)
        alerts = unit.queue.page(wanted, now=now, sort="id", descending=True, offset=0, limit=limit)
        return NewestAlerts(total, [row_of_alert(alert, context.cards, now=now) for alert in alerts], last)
