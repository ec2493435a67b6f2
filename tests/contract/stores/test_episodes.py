"""Episodes, detectors, labels, alerts, control entries and the outbox."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from storage import UnitOfWork
from storage.alerts import CONFIRMED, OPEN, REJECTED
from storage.detectors import DetectorRow
from storage.episodes import LOOKALIKE, RECEIVED, SUPPORT, Episode, EpisodeTransaction
from storage.labels import FRAUD, GENUINE

ScoredRow = Callable[..., tuple[Any, ...]]
PAN = "4111 1111 1111 1111"


def an_episode(identity: str = "e-1", request: str = "r-1", **changes: object) -> Episode:
    values: dict[str, object] = {
        "name": "gift cards",
        "author": "ada",
        "status": RECEIVED,
        "flagged_at": 1.0,
        "transactions": [
            EpisodeTransaction(transaction_id="t-1", role=SUPPORT),
            EpisodeTransaction(transaction_id="t-2", role=LOOKALIKE),
        ],
    }
    return Episode(id=identity, request_id=request, **(values | changes))


def a_detector(episode_id: str = "e-1", status: str = "announced") -> DetectorRow:
    return DetectorRow(
        id="d-1",
        episode_id=episode_id,
        adapter="evidence",
        content_hash="00",
        payload=b"\x00\xff",
        status=status,
        gate={"passes": True},
        created_at=2.0,
    )


def test_an_episode_comes_back_with_its_transactions(engine: Engine) -> None:
    with UnitOfWork(engine) as unit:
        unit.episodes.add(an_episode())
        unit.commit()
    with UnitOfWork(engine, reads_only=True) as unit:
        found = unit.episodes.of_request("r-1")
        assert found is not None
        assert [(t.transaction_id, t.role) for t in found.transactions] == [
            ("t-1", SUPPORT),
            ("t-2", LOOKALIKE),
        ]


def test_one_request_makes_one_episode(engine: Engine) -> None:
    with UnitOfWork(engine) as unit:
        unit.episodes.add(an_episode())
        unit.episodes.add(an_episode("e-2"))
        with pytest.raises(IntegrityError):
            unit.commit()


def test_a_change_of_state_is_written_by_commit(engine: Engine) -> None:
    with UnitOfWork(engine) as unit:
        unit.episodes.add(an_episode())
        unit.commit()
    with UnitOfWork(engine) as unit:
        found = unit.episodes.get("e-1")
        assert found is not None
        found.status, found.flag_to_live_ms = "live", 412.5
        unit.commit()
    with UnitOfWork(engine, reads_only=True) as unit:
        assert [(e.id, e.flag_to_live_ms) for e in unit.episodes.with_status("live")] == [("e-1", 412.5)]


def test_a_detector_of_no_episode_is_refused(engine: Engine) -> None:
    with UnitOfWork(engine) as unit:
        unit.detectors.put(a_detector("no-such-episode"))
        with pytest.raises(IntegrityError):
            unit.commit()


def test_a_detector_put_twice_is_one_row_with_the_later_state(engine: Engine) -> None:
    with UnitOfWork(engine) as unit:
        unit.episodes.add(an_episode())
        unit.session.flush()
        unit.detectors.put(a_detector())
        unit.detectors.put(a_detector(status="live"))
        unit.commit()
    with UnitOfWork(engine, reads_only=True) as unit:
        assert [(d.id, d.payload) for d in unit.detectors.with_status("live")] == [("d-1", b"\x00\xff")]
        assert unit.detectors.with_status("announced") == []


def test_card_numbers_in_what_people_write_are_masked(engine: Engine) -> None:
    with UnitOfWork(engine) as unit:
        unit.episodes.add(an_episode(name=f"ring of {PAN}", reason="see 4111111111111111"))
        unit.commit()
    with UnitOfWork(engine, reads_only=True) as unit:
        found = unit.episodes.get("e-1")
        assert found is not None
        assert (found.name, found.reason) == ("ring of 411111******1111", "see 411111******1111")


def test_the_latest_label_counts_and_a_repeated_request_adds_none(engine: Engine) -> None:
    with UnitOfWork(engine) as unit:
        unit.labels.add_many([("t-1", FRAUD, "analyst", "ada", 1.0, "r-1")])
        unit.labels.add_many([("t-1", GENUINE, "chargeback", "bank", 9.0, "r-1")])
        assert unit.labels.latest(["t-1"])["t-1"].verdict == FRAUD
        unit.labels.add_many([("t-1", GENUINE, "chargeback", "bank", 9.0, "r-2")])
        assert unit.labels.latest(["t-1", "t-2"])["t-1"].verdict == GENUINE


def test_alerts_start_open_and_a_repeat_keeps_what_an_analyst_decided(engine: Engine) -> None:
    row = (0, 5, "t-1", 3.0, '{"reasons": ["amount 40 times the usual"]}', 9.0, 3.5, 4.5, "base", "card-1")
    with UnitOfWork(engine) as unit:
        unit.alerts.add_many([row])
        (alert,) = unit.alerts.newest(10)
        assert (alert.status, alert.body["reasons"]) == ("open", ["amount 40 times the usual"])
        alert.status = "confirmed"
        unit.session.flush()
        unit.alerts.add_many([row])
        assert [a.status for a in unit.alerts.newest(10)] == ["confirmed"]
        assert (unit.alerts.count(), unit.alerts.count(status="open")) == (1, 0)


def test_control_entries_read_back_up_to_an_offset(engine: Engine) -> None:
    def entry(offset: int) -> tuple[object, ...]:
        return (offset, "detector", "d", None, "00", "ada", "flagged", 1.0, offset, False, b"envelope")

    with UnitOfWork(engine) as unit:
        unit.control.add_many([entry(offset) for offset in (4, 2, 9)])
        unit.control.add_many([entry(9)])
        assert [e.control_offset for e in unit.control.up_to(8)] == [2, 4]
        latest = unit.control.latest("detector", "d")
        assert latest is not None
        assert latest.control_offset == 9


def test_outbox_messages_are_pending_in_order_until_marked(engine: Engine) -> None:
    with UnitOfWork(engine) as unit:
        first = unit.outbox.add("control", b"k", b"v", time=1.0)
        second = unit.outbox.add("control", b"k", None, time=1.0)
        assert [m.id for m in unit.outbox.pending()] == [first.id, second.id]
        unit.outbox.mark_sent(first.id, time=2.0, offset=17)
        assert [m.id for m in unit.outbox.pending()] == [second.id]
        assert first.sent_offset == 17


def test_an_episode_is_found_by_name_id_or_detector_and_the_latest_wins(engine: Engine) -> None:
    with UnitOfWork(engine) as unit:
        unit.episodes.add(an_episode(detector_id="d-1"))
        unit.episodes.add(an_episode("e-2", "r-2", flagged_at=9.0))
        unit.commit()
    with UnitOfWork(engine, reads_only=True) as unit:
        found = [
            unit.episodes.find_with_status(name, RECEIVED) for name in ("gift cards", "e-1", "d-1", "other")
        ]
        assert [one.id if one else None for one in found] == ["e-2", "e-1", "e-1", None]
        assert unit.episodes.find_with_status("gift cards", "live") is None


def test_a_label_may_be_looked_past_to_the_one_before_it(engine: Engine) -> None:
    with UnitOfWork(engine) as unit:
        unit.labels.add_many(
            [("t-1", FRAUD, "analyst", "ada", 1.0, "r-1"), ("t-1", GENUINE, "chargeback", "bank", 2.0, "r-2")]
        )
        unit.commit()
    with UnitOfWork(engine, reads_only=True) as unit:
        assert unit.labels.latest(["t-1"])["t-1"].verdict == GENUINE
        assert unit.labels.latest(["t-1"], apart_from="r-2")["t-1"].verdict == FRAUD


def test_judged_alerts_are_counted_by_what_alerted_them(engine: Engine, scored_row: ScoredRow) -> None:
    with UnitOfWork(engine) as unit:
        rows = [scored_row(offset=n, transaction_id=f"t-{n}", winner_id="d-1") for n in range(3)]
        unit.transactions.add_many([*rows, scored_row(offset=3, transaction_id="t-3", winner_id="base")])
        unit.alerts.add_many((0, n, f"t-{n}", 1.0, "{}", 9.0, 3.5, 4.5, "d-1", "card-1") for n in range(4))
        unit.alerts.set_status(["t-0", "t-3", "never alerted"], CONFIRMED)
        unit.alerts.set_status(["t-1"], REJECTED)
        unit.commit()
    with UnitOfWork(engine, reads_only=True) as unit:
        assert unit.alerts.count_by_status("d-1") == {CONFIRMED: 1, REJECTED: 1, OPEN: 1}


def test_a_message_that_cannot_be_sent_holds_up_its_own_lane_alone(engine: Engine) -> None:
    with UnitOfWork(engine) as unit:
        first, second, other, free = (
            unit.outbox.add("feedback", b"k", b"v", time=1.0, lane=lane).id for lane in ("a", "a", "b", "")
        )
        unit.outbox.park(first, time=2.0, cause="too large, card 4111111111111111")
        unit.commit()
        assert [m.id for m in unit.outbox.pending()] == [other, free]
        assert [(m.id, m.parked_at) for m in unit.outbox.parked()] == [(first, 2.0)]
        assert "4111111111111111" not in (unit.outbox.parked()[0].cause or "")
        assert (unit.outbox.retry(second), unit.outbox.retry(first)) == (False, True)
        assert [m.id for m in unit.outbox.pending()] == [first, second, other, free]
        unit.outbox.park(first, time=3.0, cause="again")
        assert unit.outbox.discard(first)
        assert [m.id for m in unit.outbox.pending()] == [second, other, free]
