"""The broker has deleted records before a worker read them: it says so and continues where the log begins."""

from __future__ import annotations

import threading

import msgspec
from kafka import TopicPartition
from sqlalchemy import select

from contracts.dead_letter import DELETED_UNREAD, DeadLetter
from control.keys import ControlKey
from flagfive.cluster import administrator
from recorder.recorder import Recorder, Topics
from storage import UnitOfWork, migrate, open_engine
from storage.audit_log import AuditEntry
from tests.stream_run import SECRET, StreamRun
from tests.waiting import until


def delete_records(run: StreamRun, topic: str) -> None:
    """Delete all that a topic holds, as retention does."""
    everything = -1
    partitions = range(run.settings.topics.partitions)
    with administrator(run.settings.broker) as admin:
        admin.delete_records({TopicPartition(topic, number): everything for number in partitions})


def gaps(run: StreamRun) -> dict[str, int]:
    """Return the number of deleted offsets, by topic."""
    found: dict[str, int] = {}
    for _, value in run.records(run.settings.topics.dead_letters):
        letter = msgspec.json.decode(value, type=DeadLetter)
        if letter.reason == DELETED_UNREAD:
            found[letter.topic] = found.get(letter.topic, 0) + letter.records
    return found


def entries_of_recorder(run: StreamRun) -> list[AuditEntry]:
    """Let a recorder read everything; return the audit entries about deleted records."""
    engine = open_engine(run.settings.storage.url)
    migrate.upgrade(engine)
    names = run.settings.topics
    topics = Topics(names.scored, names.alerts, names.shadow_alerts, names.control, names.dead_letters)
    group = run.settings.stream.group + "-recorder"
    recorder = Recorder(run.settings.broker, group, topics, engine, ControlKey.single(SECRET))
    thread = threading.Thread(target=recorder.run)
    thread.start()

    def entries() -> list[AuditEntry]:
        with UnitOfWork(engine) as unit:
            found = select(AuditEntry).where(AuditEntry.action == DELETED_UNREAD)
            return list(unit.session.scalars(found))

    try:
        return until(lambda: entries() or None, what="an audit entry about deleted records")
    finally:
        recorder.stop()
        thread.join(10)


def test_a_worker_continues_at_the_first_offset_there_is_and_reports_the_gap(run: StreamRun) -> None:
    topics = run.settings.topics
    worker = run.start_worker()
    run.send_transactions(500)
    run.wait_for_scores(500)
    worker.kill()
    worker.wait()
    run.send_transactions(500, seed=1)
    for topic in (topics.transactions, topics.stage_topic("merchant"), topics.returned):
        delete_records(run, topic)
    run.start_worker()
    run.send_transactions(500, seed=2)
    scores = run.wait_for_scores(1_000)
    deleted = {f"tx-{i}" for i in range(500, 1_000)}
    assert {str(score["transaction_id"]) for score in scores} == {f"tx-{i}" for i in range(1_500)} - deleted
    until(lambda: gaps(run).get(topics.transactions) == 500, what="dead letters for 500 deleted offsets")
    audited = sum(
        entry.details["offsets"] for entry in entries_of_recorder(run) if "transactions" in entry.subject
    )
    assert audited == 500
