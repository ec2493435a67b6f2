"""From flags to a live detector on a real broker and database, with scorers that acknowledge."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, func, select

from control.announce import Announcer
from control.snapshot import Snapshot
from settings import Settings
from storage import UnitOfWork, migrate, open_engine
from storage.episodes import LIVE, Episode
from tests.adaptation_worker import (
    GENUINE,
    PATTERN,
    Analyst,
    Scorer,
    adapting,
    frauds,
)
from tests.small_models import genuine_rows
from tests.waiting import until


def test_five_flags_become_a_detector_that_finds_the_rest(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst, traffic: list[Any]
) -> None:
    """1. Flag five transactions. 2. The answer reports live everywhere. 3. The detector finds the rest."""
    before = announcer.refresh()
    with Scorer(stream_settings) as scorer, adapting(stream_settings, engine):
        analyst.send("r-1", fraud=frauds(0, 1, 2, 3, 4))
        answer = analyst.answer("r-1")
        assert answer.status == LIVE, answer.message
        assert answer.message.startswith("live on 2 of 2 partitions after")
        live = scorer.snapshots[-1]
    assert answer.control_offset == live.offset
    assert [d.id for d in live.detectors] == [answer.detector_id]
    rest = PATTERN + 0.3 * genuine_rows(500, seed=77)
    assert _recall(live, rest) > 0.9 > _recall(before, rest)
    assert _recall(live, genuine_rows(50_000, seed=78)) < 0.003
    with UnitOfWork(engine, reads_only=True) as unit:
        episode = unit.episodes.of_request("r-1")
        assert episode is not None
        assert episode.status == LIVE
        assert 0 < (episode.flag_to_adapted_ms or 0) < (episode.flag_to_live_ms or 0)
        assert [d.status for d in unit.detectors.with_status(LIVE)] == [LIVE]
        assert unit.labels.latest(frauds(3))["fraud-3"].verdict == "fraud"
        assert unit.audit.verify().head.position == 3


def _recall(snapshot: Snapshot, rows: np.ndarray[Any, Any]) -> float:
    assert snapshot.stack is not None
    assert snapshot.threshold is not None
    surprise, _ = snapshot.stack.score(np.asarray(rows, np.float32))
    return float(np.mean(surprise > snapshot.threshold))


def test_a_request_sent_twice_is_one_episode_and_the_same_answer(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst
) -> None:
    with Scorer(stream_settings), adapting(stream_settings, engine):
        analyst.send("r-1", fraud=frauds(0, 1, 2))
        first = analyst.answer("r-1")
        analyst.answers.clear()
        analyst.send("r-1", fraud=frauds(0, 1, 2))
        second = analyst.answer("r-1")
    assert (second.status, second.detector_id, second.control_offset) == (
        first.status,
        first.detector_id,
        first.control_offset,
    )
    with UnitOfWork(engine, reads_only=True) as unit:
        assert unit.session.scalar(select(func.count(Episode.id))) == 1
    assert announcer.refresh().offset == first.control_offset


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"fraud": ("fraud-1", "never-seen")}, "1 of 2 transactions are not stored (never-seen)"),
        ({"fraud": ()}, "at least one transaction"),
        ({"fraud": frauds(1), "name": " "}, "needs a name"),
        ({"fraud": frauds(1, 2), "genuine": frauds(2)}, "as fraud and as genuine at once: fraud-2"),
    ],
)
def test_a_request_that_cannot_be_done_is_answered_and_changes_nothing(
    stream_settings: Settings,
    engine: Engine,
    announcer: Announcer,
    analyst: Analyst,
    fields: dict[str, Any],
    said: str,
) -> None:
    with adapting(stream_settings, engine):
        analyst.send("r-1", **fields)
        answer = analyst.answer("r-1")
    assert answer.status == "refused"
    assert said in answer.message
    assert announcer.refresh().detectors == ()
    with UnitOfWork(engine, reads_only=True) as unit:
        assert unit.labels.latest(frauds(0, 1, 2)) == {}


def test_contradictions_and_duplicates_are_named_with_who_was_first(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst
) -> None:
    """Two analysts flag the same transactions; a chargeback feed labels another one genuine."""
    with Scorer(stream_settings), adapting(stream_settings, engine):
        analyst.send("r-0", "label", name="", genuine=frauds(7), source="chargeback", author="bank")
        assert analyst.answer("r-0").status == "done"
        analyst.send("r-1", fraud=frauds(0, 1, 2))
        analyst.send("r-2", fraud=frauds(2, 3, 4), author="bob", name="same ring")
        assert analyst.answer("r-1").status == LIVE
        assert "already flagged in episode 'gift cards' by ada: fraud-2" in analyst.answer("r-2").message
        analyst.send("r-3", fraud=frauds(6, 7))
        assert "bank called fraud-7 genuine before" in analyst.answer("r-3").message
    assert len(announcer.refresh().detectors) == 1


def test_a_wrong_flag_is_set_aside_told_of_and_stays_a_confirmed_fraud(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst
) -> None:
    wrong = f"tx-0-{GENUINE - 1}"
    flags = (*frauds(0, 1), wrong, *frauds(2, 3))
    said = f"set aside, looks like ordinary traffic to the other 4 flags: {wrong}"
    with Scorer(stream_settings) as scorer, adapting(stream_settings, engine):
        analyst.send("r-1", "preview", fraud=flags)
        preview = analyst.answer("r-1")
        assert preview.draft is not None
        assert (said in preview.notes, preview.draft.set_aside) == (True, (wrong,))
        analyst.send("r-2", fraud=flags)
        answer = analyst.answer("r-2")
        live = scorer.snapshots[-1]
    assert (answer.status, said in answer.notes) == (LIVE, True)
    assert _recall(live, PATTERN + 0.3 * genuine_rows(500, seed=77)) > 0.9
    assert [d.id for d in announcer.refresh().detectors] == [answer.detector_id]
    with UnitOfWork(engine, reads_only=True) as unit:
        assert unit.labels.latest([wrong])[wrong].verdict == "fraud"


def test_flags_that_look_like_ordinary_traffic_stay_a_draft(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst
) -> None:
    with adapting(stream_settings, engine):
        analyst.send("r-1", fraud=tuple(f"tx-0-{number}" for number in range(100, 600, 100)))
        answer = analyst.answer("r-1")
    assert answer.status == "draft"
    assert "of the flags when they are left out" in answer.message
    assert announcer.refresh().detectors == ()


def test_many_flags_at_once_are_worked_like_few(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst
) -> None:
    """A thousand flags, most of them ordinary, are answered within the timeout, and the worker continues."""
    with Scorer(stream_settings), adapting(stream_settings, engine):
        analyst.send("r-1", fraud=tuple(f"tx-0-{number}" for number in range(1_000)))
        assert analyst.answer("r-1").status == "draft"
        analyst.send("r-2", fraud=frauds(0, 1, 2), name="after it")
        assert analyst.answer("r-2").status == LIVE
    assert len(announcer.refresh().rules.by_entity["card"].rules) == 1_003


def test_a_worker_that_starts_before_any_traffic_waits_for_it(
    stream_settings: Settings, announcer: Announcer, analyst: Analyst, traffic: list[Any]
) -> None:
    """1. The database is empty. 2. A flag is refused. 3. Traffic arrives. 4. The next flag goes live."""
    engine = open_engine(stream_settings.storage.url)
    migrate.upgrade(engine)
    with Scorer(stream_settings), adapting(stream_settings, engine):
        analyst.send("r-1", fraud=frauds(0, 1, 2))
        assert analyst.answer("r-1").status in ("refused", "draft")
        with UnitOfWork(engine) as unit:
            unit.transactions.add_many(traffic)
            unit.commit()

        def goes_live() -> bool:
            request = f"r-{len(analyst.answers) + 1}"
            analyst.send(request, fraud=frauds(0, 1, 2))
            return analyst.answer(request).status == LIVE

        until(goes_live, what="a flag to go live once there is traffic")
    engine.dispose()


def test_noise_on_the_feedback_topic_is_answered_and_stops_nothing(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst
) -> None:
    with Scorer(stream_settings), adapting(stream_settings, engine):
        analyst.send_raw(b'{"kind": "flag"}', b"r-0")
        analyst.send_raw(b"\xff\xfe", b"r-x")
        assert analyst.answer("r-0").status == "refused"
        analyst.send("r-1", fraud=frauds(0, 1, 2))
        assert analyst.answer("r-1").status == LIVE
