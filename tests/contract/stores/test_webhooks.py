"""Deliveries of webhooks on both databases: once per endpoint and event, in order, by one sender."""

from sqlalchemy import Engine

from storage import UnitOfWork
from storage.webhooks import FAILED, SENT, WAITING, NewDelivery


def delivery(event: str, subject: str, endpoint: str = "tickets") -> NewDelivery:
    return NewDelivery(endpoint, event, "case.changed", subject, '{"a":1}')


def queue(engine: Engine, *deliveries: NewDelivery) -> int:
    with UnitOfWork(engine) as unit:
        added = unit.webhooks.add(deliveries, now=5.0)
        unit.commit()
    return added


def due(engine: Engine, now: float = 5.0) -> list[str]:
    with UnitOfWork(engine, reads_only=True) as unit:
        return [one.event for one in unit.webhooks.due("tickets", now=now)]


def test_an_event_is_queued_once_for_each_endpoint(engine: Engine) -> None:
    assert queue(engine, delivery("e-1", "case 1"), delivery("e-1", "case 1", "mail")) == 2
    assert queue(engine, delivery("e-1", "case 1"), delivery("e-2", "case 1")) == 1


def test_the_first_of_each_subject_is_due_and_the_next_once_it_is_finished(engine: Engine) -> None:
    queue(engine, delivery("e-1", "case 1"), delivery("e-2", "case 1"), delivery("e-3", "case 2"))
    queue(engine, delivery("e-9", "case 3", "mail"))
    assert due(engine) == ["e-1", "e-3"]
    with UnitOfWork(engine) as unit:
        first, other = unit.webhooks.due("tickets", now=5.0)
        first.failed_at, other.next_at = 6.0, 9.0
        unit.commit()
        counts = {one: unit.webhooks.count(endpoint="tickets", state=one) for one in (WAITING, SENT, FAILED)}
    assert (due(engine), due(engine, now=9.0)) == (["e-2"], ["e-2", "e-3"])
    assert counts == {WAITING: 2, SENT: 0, FAILED: 1}


def claimed(engine: Engine, holder: str, now: float, position: int = 0) -> int | None:
    with UnitOfWork(engine) as unit:
        found = unit.webhooks.claim("tickets", holder, now=now, until=now + 10, position=position)
        unit.commit()
    return None if found is None else found.position


def test_one_sender_holds_an_endpoint_until_its_claim_ends(engine: Engine) -> None:
    assert claimed(engine, "one", 0.0, position=7) == 7
    assert claimed(engine, "two", 9.0) is None
    assert claimed(engine, "one", 9.0) == 7
    assert claimed(engine, "two", 18.0) is None
    assert claimed(engine, "two", 19.5, position=99) == 7
    assert claimed(engine, "one", 20.0) is None


def test_only_finished_deliveries_are_deleted(engine: Engine) -> None:
    queue(engine, delivery("e-1", "case 1"), delivery("e-2", "case 2"), delivery("e-3", "case 3"))
    with UnitOfWork(engine) as unit:
        sent, failed, _ = unit.webhooks.due("tickets", now=5.0)
        sent.sent_at, failed.failed_at = 6.0, 8.0
        unit.commit()
        assert unit.webhooks.delete_finished("tickets", before=7.0) == 1
        assert unit.webhooks.delete_finished("tickets", before=100.0) == 1
        unit.commit()
    assert due(engine) == ["e-3"]
