"""From flags to a live detector on a real broker and database; workers that acknowledge stand beside it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import numpy as np
import pytest
from aiokafka import AIOKafkaProducer
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from sqlalchemy import Engine, func, select

from settings import Settings
from storage import UnitOfWork, migrate, open_engine
from storage.audit_log import AuditEntry
from storage.episodes import ADAPTED, ANNOUNCED, LIVE, RETIRED, SHADOW, WAITING, Episode
from stream.adaptation.desk import Policy, Step
from stream.adaptation.feedback import ANSWERS, Answer, Request
from stream.adaptation.terms import DAY_S, DEFAULT_TERMS, Terms
from stream.adaptation.topic import create_topic
from stream.adaptation.worker import AdaptationConfig, AdaptationWorker
from stream.control.acks import Ack, acknowledge
from stream.control.announce import Announcer
from stream.control.entry import Kind
from stream.control.keys import read_key
from stream.control.log_reader import ControlLog
from stream.control.snapshot import Snapshot
from stream.recorder.rows import scored_rows
from tests.scored_messages import scored_message
from tests.small_models import base_change, genuine_rows, network_change, small_base, small_network
from tests.waiting import until

KEY = read_key("a secret of enough length")
PARTITIONS = 2
GENUINE, FRAUDS = 12_000, 40
PATTERN = np.array([7.0, 6.0, 5.0], np.float32)
"""Where the frauds lie, in standard deviations of ordinary traffic."""


@pytest.fixture(scope="module")
def traffic() -> list[Any]:
    """Rows of the database: ordinary traffic, and then frauds of one pattern among it."""
    fraud = PATTERN + 0.3 * genuine_rows(FRAUDS, seed=9)
    usual = scored_rows(scored_message(0, range(GENUINE), features=genuine_rows(GENUINE, seed=8)))
    ids = [b"fraud-%d" % number for number in range(FRAUDS)]
    odd = scored_message(1, range(GENUINE, GENUINE + FRAUDS), features=fraud.astype(np.float32), ids=ids)
    return [*usual, *scored_rows(odd)]


@pytest.fixture
def engine(stream_settings: Settings, traffic: list[Any]) -> Iterator[Engine]:
    engine = open_engine(stream_settings.storage.url)
    migrate.upgrade(engine)
    with UnitOfWork(engine) as unit:
        unit.transactions.add_many(traffic)
        unit.commit()
    yield engine
    engine.dispose()


@pytest.fixture
def announcer(stream_settings: Settings) -> Iterator[Announcer]:
    announcer = Announcer(stream_settings.broker.bootstrap, stream_settings.topics.control, KEY)
    announcer.announce(network_change(small_network()))
    announcer.announce(base_change(small_base()))
    yield announcer
    announcer.close()


class Scorer:
    """A worker's share in a swap: follows the control log and acknowledges, for all partitions."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._end = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self.snapshots: list[Snapshot] = []

    def __enter__(self) -> Scorer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    async def _run(self) -> None:
        topics, bootstrap = self._settings.topics, self._settings.broker.bootstrap
        log = ControlLog(bootstrap, topics.control, KEY)
        producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
        await producer.start()
        await log.start()
        offset = -1
        while not self._end.is_set():
            if log.offset > offset:
                offset = log.offset
                self.snapshots.append(log.current)
                ack = Ack("scorer", tuple(range(PARTITIONS)), offset, time.time())
                await acknowledge(producer, topics.control_acks, ack)
            await asyncio.sleep(0.005)
        await log.stop()
        await producer.stop()


class Analyst:
    """Sends requests and reads the answers."""

    def __init__(self, settings: Settings) -> None:
        bootstrap, self._topic = settings.broker.bootstrap, settings.topics.feedback
        create_topic(bootstrap, self._topic + ANSWERS)
        self._producer = KafkaProducer(bootstrap_servers=bootstrap)
        self._consumer = KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
        partition = TopicPartition(self._topic + ANSWERS, 0)
        self._consumer.assign([partition])
        self._consumer.seek_to_beginning(partition)
        self.answers: list[Answer] = []

    def send(self, request_id: str, kind: str = "flag", **fields: Any) -> None:
        values: dict[str, Any] = {"author": "ada", "time": time.time(), "name": "gift cards"}
        request = msgspec.convert(
            {**values, **fields, "request_id": request_id, "kind": kind}, Request, str_keys=True
        )
        self._producer.send(self._topic, msgspec.json.encode(request), key=request_id.encode()).get(10)

    def send_raw(self, value: bytes, key: bytes) -> None:
        self._producer.send(self._topic, value, key=key).get(10)

    def answer(self, request_id: str, status: str | None = None) -> Answer:
        def look() -> Answer | None:
            for records in self._consumer.poll(timeout_ms=50).values():
                self.answers += [msgspec.json.decode(record.value, type=Answer) for record in records]
            mine = [a for a in self.answers if a.request_id == request_id and status in (None, a.status)]
            return mine[-1] if mine else None

        return until(look, what=f"an answer to {request_id}")

    def close(self) -> None:
        self._producer.close()
        self._consumer.close()


@pytest.fixture
def analyst(stream_settings: Settings) -> Iterator[Analyst]:
    analyst = Analyst(stream_settings)
    yield analyst
    analyst.close()


def a_worker(
    settings: Settings,
    engine: Engine,
    after: Callable[[Step], None] = lambda step: None,
    policy: Policy = "auto",
    terms: Terms = DEFAULT_TERMS,
) -> AdaptationWorker:
    topics = settings.topics
    config = AdaptationConfig(
        bootstrap=settings.broker.bootstrap,
        group=settings.stream.group + "-adapter",
        feedback=topics.feedback,
        control=topics.control,
        control_acks=topics.control_acks,
        partitions=PARTITIONS,
        budget=0.001,
        adapter="ridge",
        policy=policy,
        terms=terms,
    )
    return AdaptationWorker(config, engine, KEY, after=after)


@contextmanager
def adapting(
    settings: Settings, engine: Engine, policy: Policy = "auto", terms: Terms = DEFAULT_TERMS
) -> Iterator[None]:
    worker = a_worker(settings, engine, policy=policy, terms=terms)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join(15)
        assert not thread.is_alive()


def frauds(*numbers: int) -> tuple[str, ...]:
    return tuple(f"fraud-{number}" for number in numbers)


def test_five_flags_become_a_detector_that_finds_the_rest(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst, traffic: list[Any]
) -> None:
    """1. five transactions are flagged; 2. the answer says live everywhere; 3. the rest is found."""
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
        assert unit.audit.verify().position == 3


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
    """Two analysts flag the same transactions; a chargeback feed calls another one genuine."""
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
    """A thousand flags, most of them ordinary: answered within the tests' patience, the worker goes on."""
    with Scorer(stream_settings), adapting(stream_settings, engine):
        analyst.send("r-1", fraud=tuple(f"tx-0-{number}" for number in range(1_000)))
        assert analyst.answer("r-1").status == "draft"
        analyst.send("r-2", fraud=frauds(0, 1, 2), name="after it")
        assert analyst.answer("r-2").status == LIVE
    assert len(announcer.refresh().rules.by_entity["card"].rules) == 1_003


def test_a_worker_that_starts_before_any_traffic_waits_for_it(
    stream_settings: Settings, announcer: Announcer, analyst: Analyst, traffic: list[Any]
) -> None:
    """1. nothing is stored; 2. a flag is refused; 3. traffic comes; 4. the next flag goes live."""
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


def test_a_retired_detector_is_gone_and_rollback_brings_it_back_to_the_bit(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst
) -> None:
    rows = genuine_rows(200, seed=5)
    with Scorer(stream_settings) as scorer, adapting(stream_settings, engine):
        analyst.send("r-1", fraud=frauds(0, 1, 2, 3))
        live = analyst.answer("r-1")
        with_detector = scorer.snapshots[-1]
        analyst.send("r-2", "retire", name="gift cards")
        assert analyst.answer("r-2").status == LIVE
        assert scorer.snapshots[-1].detectors == ()
        with UnitOfWork(engine, reads_only=True) as unit:
            assert [e.request_id for e in unit.episodes.with_status(RETIRED)] == ["r-1"]
        record_control(stream_settings, engine)
        analyst.send("r-3", "rollback", name=f"detector/{live.detector_id}")
        answer = analyst.answer("r-3")
        assert answer.status == LIVE, answer.message
        back = scorer.snapshots[-1]
    assert back.stack is not None
    assert with_detector.stack is not None
    assert back.stack.score(rows)[0].tobytes() == with_detector.stack.score(rows)[0].tobytes()
    assert back.threshold == with_detector.threshold


def record_control(settings: Settings, engine: Engine) -> None:
    """Store the control log as the recorder does."""
    from stream.recorder.rows import control_row

    consumer = KafkaConsumer(bootstrap_servers=settings.broker.bootstrap, auto_offset_reset="earliest")
    partition = TopicPartition(settings.topics.control, 0)
    consumer.assign([partition])
    end = consumer.end_offsets([partition])[partition]
    rows: list[Any] = []
    while consumer.position(partition) < end:
        for record in consumer.poll(timeout_ms=100).get(partition, ()):
            rows.append(control_row(record.value, record.key, record.offset, KEY))
    consumer.close()
    with UnitOfWork(engine) as unit:
        unit.control.add_many(rows)
        unit.commit()


def test_cards_of_flags_score_higher_at_once_even_where_the_detector_stays_a_draft(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst
) -> None:
    with Scorer(stream_settings), adapting(stream_settings, engine):
        analyst.send("r-1", fraud=tuple(f"tx-0-{number}" for number in range(100, 600, 100)))
        answer = analyst.answer("r-1")
    assert answer.status == "draft"
    assert any("5 cards watched" in note for note in answer.notes)
    keys = announcer.refresh().rules.by_entity["card"].rules
    assert sorted(keys) == [b"card-0-100", b"card-0-200", b"card-0-300", b"card-0-400", b"card-0-500"]


def test_with_four_eyes_another_person_puts_the_detector_into_force(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst
) -> None:
    """1. ada flags: it waits; 2. ada approves: refused; 3. bob approves: live; 4. again: the same."""
    with Scorer(stream_settings), adapting(stream_settings, engine, terms=Terms(four_eyes=True)):
        analyst.send("r-1", fraud=frauds(0, 1, 2, 3))
        assert analyst.answer("r-1").status == WAITING
        assert announcer.refresh().detectors == ()
        analyst.send("r-2", "approve")
        assert "another person approves it" in analyst.answer("r-2").message
        analyst.send("r-3", "approve", author="bob")
        answer = analyst.answer("r-3")
        assert answer.status == LIVE, answer.message
        analyst.send("r-4", "approve", author="bob")
        assert analyst.answer("r-4").control_offset == answer.control_offset
    (detector,) = announcer.refresh().in_force(Kind.DETECTOR).values()
    assert detector.entry.reason == "flagged by ada, approved by bob"
    with UnitOfWork(engine, reads_only=True) as unit:
        acts = unit.session.scalars(select(AuditEntry.action).where(AuditEntry.actor == "bob")).all()
        assert acts[0] == "approve"
        assert [e.status for e in unit.episodes.with_status(LIVE, WAITING)] == [LIVE]


def test_a_shadow_decides_nothing_until_it_is_approved(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst
) -> None:
    before = announcer.refresh()
    with Scorer(stream_settings), adapting(stream_settings, engine, policy="shadow"):
        analyst.send("r-1", fraud=frauds(0, 1, 2, 3))
        assert analyst.answer("r-1").status == SHADOW
        silent = announcer.refresh()
        assert len(silent.in_force(Kind.SHADOW)) == 1
        assert (silent.detectors, silent.threshold) == ((), before.threshold)
        analyst.send("r-2", "approve")
        assert analyst.answer("r-2").status == LIVE
    after = announcer.refresh()
    assert (len(after.detectors), after.in_force(Kind.SHADOW)) == (1, {})


def test_what_waits_can_be_dropped(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst
) -> None:
    with Scorer(stream_settings), adapting(stream_settings, engine, policy="shadow"):
        analyst.send("r-1", fraud=frauds(0, 1, 2, 3))
        assert analyst.answer("r-1").status == SHADOW
        analyst.send("r-2", "retire", name="gift cards")
        assert analyst.answer("r-2").status == RETIRED
        analyst.send("r-3", "approve")
        assert "no episode 'gift cards' waits" in analyst.answer("r-3").message
    assert announcer.refresh().in_force(Kind.SHADOW) == {}


def test_verdicts_join_the_episode_and_its_detector_is_adapted_anew(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst
) -> None:
    with Scorer(stream_settings), adapting(stream_settings, engine):
        analyst.send("r-1", fraud=frauds(0, 1, 2))
        first = analyst.answer("r-1")
        assert first.status == LIVE
        analyst.send("r-2", "label", fraud=frauds(3, 4, 5), genuine=("tx-0-7",))
        assert analyst.answer("r-2").notes[0] == "episode 'gift cards' grows by 4"

        def adapted_anew() -> bool:
            (detector,) = announcer.refresh().in_force(Kind.DETECTOR).values()
            return detector.offset > (first.control_offset or 0)

        until(adapted_anew, what="the detector to be adapted anew")
    (detector,) = announcer.current.detectors
    assert detector.id == first.detector_id
    assert set(detector.support.ids) == set(frauds(0, 1, 2, 3, 4, 5))
    with UnitOfWork(engine, reads_only=True) as unit:
        (episode,) = unit.episodes.with_status(LIVE)
        assert len(episode.transactions) == 7
        assert "grown_at" not in episode.details


def test_a_verdict_taken_back_takes_its_risk_back(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst
) -> None:
    with Scorer(stream_settings), adapting(stream_settings, engine):
        for request, verdicts in (("r-1", {"fraud": ("tx-0-7",)}), ("r-2", {"genuine": ("tx-0-7",)})):
            analyst.send(request, "label", name="", source="chargeback", **verdicts)
            assert analyst.answer(request).status == "done"
    rules = announcer.refresh().rules.by_entity["card"].rules[b"card-0-7"]
    assert sorted(placed.rule.count for placed in rules) == [-1.0, 1.0]


def test_rules_are_rolled_back_without_touching_the_threshold(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst
) -> None:
    with Scorer(stream_settings), adapting(stream_settings, engine):
        analyst.send("r-1", fraud=frauds(0, 1, 2))
        assert analyst.answer("r-1").status == LIVE
        before = announcer.refresh()
        (key,) = [k.decode() for k, a in before.applied.items() if a.entry.kind is Kind.RISK]
        record_control(stream_settings, engine)
        analyst.send("r-2", "rollback", name=key)
        assert analyst.answer("r-2").status == LIVE
    after = announcer.refresh()
    assert len(before.rules) == 3
    assert len(after.rules) == 0
    assert (after.threshold, after.stack) == (before.threshold, before.stack)


def test_by_the_clock_detectors_expire_and_tails_are_fitted_anew(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst
) -> None:
    brief = Terms(expire_days=2.0 / DAY_S, recalibrate_hours=1.0 / 3_600.0)
    with Scorer(stream_settings), adapting(stream_settings, engine):
        analyst.send("r-1", fraud=frauds(0, 1, 2))
        assert analyst.answer("r-1").status == LIVE
    with Scorer(stream_settings), adapting(stream_settings, engine, terms=brief):
        until(lambda: announcer.refresh().detectors == (), what="the detector to expire")
        until(lambda: Kind.THRESHOLD in {a.entry.kind for a in announcer.refresh().applied.values()},
              what="a recalibration")  # fmt: skip
    assert announcer.current.stack is not None
    surprise, _ = announcer.current.stack.score(genuine_rows(50_000, seed=78))
    assert np.mean(surprise > announcer.current.threshold) < 0.002
    with UnitOfWork(engine, reads_only=True) as unit:
        (episode,) = unit.episodes.with_status(RETIRED)
        assert "expired" in (episode.reason or "")


class Killed(BaseException):
    """Ends a worker at once, as SIGKILL would: nothing that it was about to do is done."""


@pytest.mark.parametrize("step", list(Step))
def test_killed_after_any_step_nothing_is_lost_and_nothing_half_live(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst, step: Step
) -> None:
    """1. a worker ends right after the step; 2. the next one finishes the request as if nothing happened."""

    def stop_there(done: Step) -> None:
        if done is step:
            raise Killed

    with Scorer(stream_settings) as scorer:
        analyst.send("r-1", fraud=frauds(0, 1, 2, 3, 4))
        with pytest.raises(Killed):
            a_worker(stream_settings, engine, after=stop_there).run()
        between = announcer.refresh()
        assert len(between.detectors) == int(step >= Step.ANNOUNCED)
        with adapting(stream_settings, engine):
            if step is not Step.LIVE:
                assert analyst.answer("r-1").status == LIVE
        assert all(s.threshold is not None for s in scorer.snapshots if s.detectors)
    with UnitOfWork(engine, reads_only=True) as unit:
        assert unit.session.scalar(select(func.count(Episode.id))) == 1
        assert [d.status for d in unit.detectors.with_status(LIVE, ANNOUNCED, ADAPTED)] == [LIVE]
        assert unit.audit.verify().position == unit.session.scalar(select(func.count(AuditEntry.position)))
    after = announcer.refresh()
    assert len(after.detectors) == 1
    if step >= Step.ANNOUNCED:
        assert after.offset == between.offset  # what is in force was not announced again
