"""The log of webhooks in the API: filters, and another try."""

from collections.abc import Callable

from console.context import ConsoleContext
from storage.webhooks import NewDelivery
from tests.unit.console.people import Person

Sign = Callable[[str], Person]
ROUTE = "/webhooks/deliveries"


def add_failed_delivery(context: ConsoleContext, event: str = "audit-1", endpoint: str = "tickets") -> None:
    """Store a delivery that was given up."""
    with context.unit() as unit:
        new = NewDelivery(endpoint, event, "case.opened", "case 3", "{}")
        unit.webhooks.add([new], now=context.clock())
        (found,) = unit.webhooks.page(limit=1)
        found.attempts, found.failed_at, found.cause = 9, context.clock(), "the receiver answered 500"
        unit.commit()


def test_deliveries_are_listed_by_endpoint_and_state(person: Sign, context: ConsoleContext) -> None:
    add_failed_delivery(context)
    with context.unit() as unit:
        unit.webhooks.add([NewDelivery("mail", "alert-0-1", "alert.raised", "transaction t", "{}")], now=1.0)
        unit.commit()
    auditor = person("auditor")
    assert auditor.get(ROUTE).json()["total"] == 2
    (failed,) = auditor.get(ROUTE, state="failed").json()["rows"]
    assert (failed["endpoint"], failed["type"], failed["attempts"], failed["cause"]) == (
        "tickets", "case.opened", 9, "the receiver answered 500",
    )  # fmt: skip
    (waiting,) = auditor.get(ROUTE, endpoint="mail").json()["rows"]
    assert (waiting["state"], waiting["next_at"], waiting["finished_at"]) == ("waiting", None, None)
    assert auditor.get(ROUTE, state="lost").status_code == 422


def test_a_failed_delivery_is_tried_again_once(person: Sign, context: ConsoleContext) -> None:
    add_failed_delivery(context)
    admin = person("admin")
    assert admin.post(f"{ROUTE}/1/retry", None).json()["state"] == "waiting"
    again = admin.post(f"{ROUTE}/1/retry", None)
    assert (again.status_code, "has not failed" in again.text) == (409, True)
    assert admin.post(f"{ROUTE}/7/retry", None).status_code == 404
