"""Foreign records on internal topics stop no worker, now or after a restart, and leave dead letters."""

from __future__ import annotations

import msgspec
import numpy as np
from kafka import KafkaProducer
from pydantic import SecretStr

from contracts.dead_letter import FOREIGN, FORGED, DeadLetter
from contracts.stage_batch import NOTICE_KEY, stage_schema, to_message
from features.vector import FeatureLayout
from settings import Settings
from stream.batch import to_record_batch
from stream.wiring import transaction_schema
from tests.batches import batch_of
from tests.stream_run import StreamRun, stream_run
from tests.waiting import until


def batch_of_this_pipeline(settings: Settings) -> bytes:
    """Return a well-formed batch with the columns of these settings."""
    width = len(FeatureLayout(transaction_schema(settings)))
    schema = stage_schema([entity.name for entity in settings.entities], width)
    message: bytes = to_message(to_record_batch(batch_of(3, width), schema)).to_pybytes()
    return message


def with_offsets_outside_the_data(message: bytes) -> bytes:
    offsets = np.array([0, 4, 8, 12], np.int32).tobytes()
    return message.replace(offsets, np.array([0, 4, 2_000_000_000, 12], np.int32).tobytes(), 1)


def write(settings: Settings, topic: str, key: bytes | None, value: bytes) -> None:
    """Write a record to both partitions of a topic, as anyone with access to the broker could."""
    producer = KafkaProducer(bootstrap_servers=settings.broker.bootstrap)
    for partition in range(settings.topics.partitions):
        producer.send(topic, value, key=key, partition=partition).get(timeout=30)
    producer.close()


def dead_letters(run: StreamRun) -> list[DeadLetter]:
    records = run.records(run.settings.topics.dead_letters)
    return [msgspec.json.decode(value, type=DeadLetter) for _, value in records]


def test_foreign_records_on_internal_topics_end_no_worker_and_become_dead_letters(run: StreamRun) -> None:
    topics = run.settings.topics
    worker = run.start_worker()
    run.send_transactions(1_000)
    run.wait_for_scores(1_000)
    hostile = with_offsets_outside_the_data(batch_of_this_pipeline(run.settings))
    for topic in (topics.stage_topic("merchant"), topics.returned):
        write(run.settings, topic, None, b"noise")
        write(run.settings, topic, None, hostile)
    write(run.settings, topics.returned, NOTICE_KEY, b"noise")
    for entity in ("card", "merchant"):
        write(run.settings, topics.checkpoint_topic(entity), b"card-1", b"noise")
        write(run.settings, topics.checkpoint_topic(entity), b"", b"noise")
    run.send_transactions(1_000, seed=1)
    run.wait_for_scores(2_000)
    assert worker.poll() is None
    worker.kill()
    worker.wait()
    run.start_worker()
    run.send_transactions(1_000, seed=2)
    scores = run.wait_for_scores(3_000)
    assert len({score["transaction_id"] for score in scores}) == len(scores) == 3_000
    skipped = {letter.topic for letter in dead_letters(run) if letter.reason == FOREIGN}
    checkpoints = {topics.checkpoint_topic(entity) for entity in ("card", "merchant")}
    assert skipped == {topics.stage_topic("merchant"), topics.returned} | checkpoints


def test_with_a_key_a_forged_batch_changes_no_score(stream_settings: Settings) -> None:
    """The batch is well-formed in every respect, except that the pipeline's key did not seal it."""
    stream = stream_settings.stream.model_copy(update={"key": SecretStr("a key of enough length")})
    settings = stream_settings.model_copy(update={"stream": stream})
    with stream_run(settings) as run:
        run.start_worker()
        run.send_transactions(500)
        run.wait_for_scores(500)
        forged = batch_of_this_pipeline(settings)
        write(settings, settings.topics.stage_topic("merchant"), None, forged)
        write(settings, settings.topics.returned, None, forged)
        run.send_transactions(500, seed=1)
        scores = run.wait_for_scores(1_000)
        assert len({score["transaction_id"] for score in scores}) == len(scores) == 1_000

        def forgeries() -> bool:
            return sum(letter.records for letter in dead_letters(run) if letter.reason == FORGED) == 4

        until(forgeries, what="four forged records among the dead letters")
