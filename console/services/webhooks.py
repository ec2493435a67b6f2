"""The log of webhooks: what was sent to whom, and another try."""

from __future__ import annotations

from console.access.viewer import Viewer
from console.audit import Act, note
from console.context import ConsoleContext
from console.errors import NotFound, Refused
from console.results.webhooks import DeliveryList, DeliveryRow
from storage.webhooks import FAILED, SENT, WAITING, Delivery


def list_deliveries(
    context: ConsoleContext, *, endpoint: str | None, state: str | None, offset: int, limit: int
) -> DeliveryList:
    """Return a page of deliveries, newest first."""
    with context.unit(reads_only=True) as unit:
        found = unit.webhooks.page(endpoint=endpoint, state=state, offset=offset, limit=limit)
        total = unit.webhooks.count(endpoint=endpoint, state=state)
        return DeliveryList(total, [_row(one) for one in found])


def retry(context: ConsoleContext, viewer: Viewer, delivery_id: int) -> DeliveryRow:
    """Make a failed delivery wait again; the recorder sends it within seconds.

    Raises:
        NotFound: no such delivery.
        Refused: it has not failed.
    """
    now = context.clock()
    with context.unit() as unit:
        found = unit.webhooks.get(delivery_id)
        if found is None:
            raise NotFound(f"no delivery {delivery_id}", where="id")
        if not unit.webhooks.retry(delivery_id, now=now):
            raise Refused(f"delivery {delivery_id} has not failed", where="id", allowed="one that has failed")
        act = Act("retry webhook", str(delivery_id), after={"endpoint": found.endpoint, "event": found.event})
        note(unit, viewer, act, now)
        unit.commit()
        return _row(found)


def _row(one: Delivery) -> DeliveryRow:
    state = SENT if one.sent_at is not None else FAILED if one.failed_at is not None else WAITING
    return DeliveryRow(
        id=one.id,
        endpoint=one.endpoint,
        event=one.event,
        type=one.kind,
        subject=one.subject,
        queued_at=one.queued_at,
        attempts=one.attempts,
        state=state,
        finished_at=one.sent_at if one.sent_at is not None else one.failed_at,
        next_at=(one.next_at or None) if state == WAITING else None,
        status=one.status,
        cause=one.cause or "",
    )
