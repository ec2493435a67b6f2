"""Webhooks arrive signed and in order; what does not arrive is tried again, and is in the log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from recorder.webhooks.events import of_alerts
from recorder.webhooks.posting import Poster
from recorder.webhooks.sending import CLAIM_S, EndpointSender
from recorder.webhooks.signing import EndpointKeys
from recorder.writing import RowsByTable, write
from settings import Settings
from storage import UnitOfWork, migrate, open_engine
from storage.alerts import priority_of
from storage.personal_data import PersonalData
from storage.webhooks import FAILED, SENT, WAITING, Delivery
from tests.certificates import Authority
from tests.webhook_receiver import Receiver, is_signed

SECRET = "a secret for the tests of webhooks"
CARD, NOON = "tok-77", 1_760_000_000.0


@dataclass
class Clock:
    now: float = NOON

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'webhooks.sqlite'}")
    migrate.upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def settings_for(url: str, **fields: Any) -> Settings:
    endpoint = {
        "name": "tickets",
        "url": url,
        "events": fields.pop("events", ("alerts", "decisions", "cases", "episodes")),
    }
    return Settings.model_validate({"webhooks": {"endpoints": (endpoint,), "secret": SECRET} | fields})


def sender(engine: Engine, settings: Settings, clock: Clock) -> EndpointSender:
    return EndpointSender(settings, engine, "tickets", Poster(settings, "tickets"), clock)


def alert(number: int, surprise: float = 4.0) -> tuple[Any, ...]:
    """A row of `alerts`, as the recorder reads it."""
    body = {
        "transaction_id": f"tx-{number}",
        "currency": "EUR",
        "decision": "review",
        "entities": {"card": CARD},
    }
    queued = (50.0, surprise, priority_of(surprise, 50.0), "base", CARD)
    return (
        0,
        number,
        f"tx-{number}",
        NOON + number,
        json.dumps(body),
        *queued,
        "night-desk",
        ",gift-cards,night,",
    )


def raise_alerts(engine: Engine, *numbers: int, most: int = 1_000) -> None:
    """Store alerts as the recorder does."""
    write(engine, RowsByTable(alerts=[alert(one) for one in numbers], webhooks=(("tickets",), most)))


def note(engine: Engine, action: str, subject: str, **details: Any) -> None:
    with UnitOfWork(engine) as unit:
        unit.audit.append("ada", action, subject=subject, time=NOON, details=details)
        unit.commit()


def log_of(engine: Engine, state: str | None = None) -> list[Delivery]:
    with UnitOfWork(engine, reads_only=True) as unit:
        return unit.webhooks.page(state=state, limit=500)[::-1]


def test_a_new_alert_arrives_once_and_signed(engine: Engine, receiver: Receiver, clock: Clock) -> None:
    settings = settings_for(receiver.url)
    raise_alerts(engine, 1, 2)
    raise_alerts(engine, 2)  # read again after a crash
    assert sender(engine, settings, clock).turn() == 2
    assert sender(engine, settings, clock).turn() == 0
    (headers, body), _ = receiver.requests
    assert is_signed(headers, body, EndpointKeys.of(settings, "tickets").shown())
    assert not is_signed(headers, body + b" ", EndpointKeys.of(settings, "tickets").shown())
    assert not is_signed(headers, body, EndpointKeys("other", (SECRET,)).shown())
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("alert-0-1", str(int(NOON)))
    event = receiver.events[0]
    assert (event["id"], event["type"]) == ("alert-0-1", "alert.raised")
    assert (event["data"]["transaction_id"], event["data"]["decision"]) == ("tx-1", "review")
    assert (event["data"]["queue"], event["data"]["tags"]) == ("night-desk", ["gift-cards", "night"])
    assert CARD not in body.decode()
    assert [(one.attempts, one.status, one.sent_at) for one in log_of(engine, SENT)] == [(1, 204, NOON)] * 2


def test_an_earlier_secret_signs_too_while_receivers_change_over(receiver: Receiver, clock: Clock) -> None:
    new = "another secret for the tests of webhooks"
    settings = settings_for(receiver.url, secret=f"{new},{SECRET}")
    with Poster(settings, "tickets") as poster:
        poster.post("e-1", "{}", now=NOON)
    ((headers, body),) = receiver.requests
    assert is_signed(headers, body, EndpointKeys("tickets", (new,)).shown())
    assert is_signed(headers, body, EndpointKeys("tickets", (SECRET,)).shown())


def test_decisions_cases_and_episodes_come_from_the_audit_log(
    engine: Engine, receiver: Receiver, clock: Clock
) -> None:
    sending = sender(engine, settings_for(receiver.url), clock)
    note(engine, "open case", "case 1", after={"title": "before the endpoint was added"})
    raise_alerts(engine, 1)
    sending.turn()
    note(engine, "decide", "alert 1", before={"status": {1: "open"}}, after={"status": "confirmed"})
    note(engine, "open case", "case 2", after={"title": "secret words", "owner": "ada", "priority": "high"})
    note(engine, "note", "case 2", after={"text": "called the holder"})
    note(engine, "note", "transaction tx-1", after={"text": "not about a case"})
    note(engine, "flag: live", "e-9", name="gift cards", detector="d-1")
    note(engine, "log in", "ada")
    assert (sending.turn(), sending.turn()) == (3, 1)  # the second event of a case waits for the first
    told = sorted((one["type"], one["data"]) for one in receiver.events[1:])
    assert told == [
        ("alert.decided", {"transaction_id": "tx-1", "alert": 1, "verdict": "confirmed", "by": "ada"}),
        ("case.note_added", {"case": 2, "by": "ada"}),
        (
            "case.opened",
            {"case": 2, "before": {}, "after": {"owner": "ada", "priority": "high"}, "by": "ada"},
        ),
        ("episode.live", {"episode": "e-9", "name": "gift cards", "by": "ada"}),
    ]
    assert not any(b"secret words" in body or b"holder" in body for _, body in receiver.requests)


def test_an_endpoint_gets_only_the_kinds_that_it_asks_for(
    engine: Engine, receiver: Receiver, clock: Clock
) -> None:
    sending = sender(engine, settings_for(receiver.url, events=("episodes",)), clock)
    sending.turn()
    note(engine, "open case", "case 2", after={"owner": "ada"})
    note(engine, "retire", "e-9")
    assert (sending.turn(), [one["type"] for one in receiver.events]) == (1, ["episode.retire"])


def test_a_receiver_that_is_down_gets_everything_once_it_is_back(engine: Engine, clock: Clock) -> None:
    with Receiver() as first:
        port = first.port
    sending = sender(engine, settings_for(f"http://127.0.0.1:{port}/hook"), clock)
    raise_alerts(engine, 1, 2)
    assert sending.turn() == 0
    failed, untried = log_of(engine, WAITING)
    assert (failed.attempts, failed.status, failed.next_at) == (1, None, NOON + 5.0)
    assert "ConnectError" in str(failed.cause)
    assert untried.attempts == 0
    clock.now += 5.0
    with Receiver(port=port) as back:
        assert sending.turn() == 2
    assert [one["id"] for one in back.events] == ["alert-0-1", "alert-0-2"]


def test_an_answer_of_500_is_tried_again_under_the_same_id_with_longer_waits(
    engine: Engine, receiver: Receiver, clock: Clock
) -> None:
    receiver.answers = [500, 503]
    sending = sender(engine, settings_for(receiver.url), clock)
    raise_alerts(engine, 1)
    waits = []
    for _ in range(2):
        assert sending.turn() == 0
        (one,) = log_of(engine, WAITING)
        waits.append(one.next_at - clock.now)
        assert sending.turn() == 0  # it is not due
        clock.now = one.next_at
    assert sending.turn() == 1
    (one,) = log_of(engine, SENT)
    assert (waits, one.attempts, one.status) == ([5.0, 10.0], 3, 204)
    assert [headers["webhook-id"] for headers, _ in receiver.requests] == ["alert-0-1"] * 3


@pytest.mark.parametrize("status", [301, 404])
def test_only_an_answer_of_2xx_counts_as_arrival(
    engine: Engine, receiver: Receiver, clock: Clock, status: int
) -> None:
    receiver.answers = [status]
    raise_alerts(engine, 1)
    assert sender(engine, settings_for(receiver.url), clock).turn() == 0
    (one,) = log_of(engine, WAITING)
    assert (one.status, one.cause) == (status, f"the receiver answered {status}")


def test_a_receiver_that_does_not_answer_in_time_gets_it_again(
    engine: Engine, receiver: Receiver, clock: Clock
) -> None:
    receiver.hold.clear()
    sending = sender(engine, settings_for(receiver.url, timeout_s=0.2), clock)
    raise_alerts(engine, 1)
    assert sending.turn() == 0
    assert "ReadTimeout" in str(log_of(engine, WAITING)[0].cause)
    receiver.hold.set()
    sending = sender(engine, settings_for(receiver.url), clock)
    clock.now += CLAIM_S + 1
    assert sending.turn() == 1


def test_a_certificate_of_another_authority_or_host_is_refused(
    engine: Engine, clock: Clock, tmp_path: Path
) -> None:
    ours, other = Authority(tmp_path / "ours"), Authority(tmp_path / "other")
    pairs = {
        "unknown": other.issue("receiver", address="127.0.0.1"),
        "wrong host": ours.issue("receiver", host="receiver.example"),
        "right": ours.issue("receiver2", address="127.0.0.1"),
    }
    for what, pair in pairs.items():
        with Receiver(pair) as receiver:
            settings = settings_for(receiver.url, ca_file=str(ours.certificate))
            with Poster(settings, "tickets") as poster:
                tried = poster.post("e-1", "{}", now=NOON)
        assert (tried.arrived, len(receiver.requests)) == ((True, 1) if what == "right" else (False, 0))
        assert what == "right" or "CERTIFICATE_VERIFY_FAILED" in str(tried.cause)


def test_events_of_one_subject_keep_their_order_and_others_overtake(
    engine: Engine, receiver: Receiver, clock: Clock
) -> None:
    sending = sender(engine, settings_for(receiver.url), clock)
    sending.turn()
    for owner in ("ada", "bob"):
        note(engine, "change case", "case 1", after={"owner": owner})
    note(engine, "change case", "case 2", after={"owner": "eve"})
    receiver.answers = [500]
    assert sending.turn() == 0
    assert sending.turn() == 1  # case 2; case 1 waits
    clock.now += 5.0
    assert (sending.turn(), sending.turn()) == (1, 1)
    owners = [(one["data"]["case"], one["data"]["after"]["owner"]) for one in receiver.events]
    assert owners == [(1, "ada"), (2, "eve"), (1, "ada"), (1, "bob")]


def test_a_delivery_is_given_up_in_the_end_and_can_be_retried_by_hand(
    engine: Engine, receiver: Receiver, clock: Clock
) -> None:
    sending = sender(engine, settings_for(receiver.url, give_up_hours=0.01), clock)
    sending.turn()
    note(engine, "open case", "case 1")
    receiver.answers = [500] * 9
    while not log_of(engine, FAILED):
        assert sending.turn() == 0
        (one,) = log_of(engine)
        clock.now = one.next_at
    assert one.attempts == 4  # after 0, 5, 15 and 35 s; the next try would be past 36 s
    with UnitOfWork(engine) as unit:
        assert unit.webhooks.retry(one.id, now=clock.now)
        assert not unit.webhooks.retry(one.id, now=clock.now)
        unit.commit()
    receiver.answers = []
    assert sending.turn() == 1


def test_a_second_recorder_sends_only_after_the_claim_of_the_first_has_ended(
    engine: Engine, receiver: Receiver, clock: Clock
) -> None:
    settings = settings_for(receiver.url)
    first, second = sender(engine, settings, clock), sender(engine, settings, clock)
    first.turn()
    raise_alerts(engine, 1)
    assert second.turn() == 0
    clock.now += CLAIM_S + 1
    assert (second.turn(), first.turn()) == (1, 0)


def test_a_full_queue_leaves_new_alerts_out_and_the_audit_log_unread(
    engine: Engine, receiver: Receiver, clock: Clock
) -> None:
    sending = sender(engine, settings_for(receiver.url, most_waiting=100), clock)
    sending.turn()
    raise_alerts(engine, *range(100), most=100)
    raise_alerts(engine, 100, most=100)
    note(engine, "open case", "case 1", after={"owner": "ada"})
    sent = [sending.turn() for _ in range(4)]
    assert sum(sent) == 101
    assert receiver.events[-1]["type"] == "case.opened"
    assert "alert-0-100" not in [one["id"] for one in receiver.events]


def test_finished_deliveries_leave_the_log_after_their_days(
    engine: Engine, receiver: Receiver, clock: Clock
) -> None:
    sending = sender(engine, settings_for(receiver.url, keep_days=1), clock)
    raise_alerts(engine, 1)
    assert sending.turn() == 1
    clock.now += 86_400.0 + 1
    sending.turn()
    assert log_of(engine) == []


def test_erasing_a_card_deletes_its_deliveries(engine: Engine) -> None:
    raise_alerts(engine, 1)
    with UnitOfWork(engine) as unit:
        assert PersonalData(unit.session, "card", CARD).erase()["webhook_deliveries"] == 1
        unit.commit()
    assert log_of(engine) == []


def test_alerts_for_no_endpoint_make_no_deliveries() -> None:
    assert of_alerts([alert(1)], (), now=NOON) == []


def test_the_address_is_not_in_the_cause(clock: Clock) -> None:
    with Receiver() as gone:
        url = gone.url + "/token-1234"
    with Poster(settings_for(url), "tickets") as poster:
        assert "token-1234" not in str(poster.post("e-1", "{}", now=NOON).cause)
