"""Partitions that pass a stage together get what each would have got alone."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from aiokafka import TopicPartition

from contracts.scored_batch import scored_schema
from contracts.stage_batch import BatchFormat, stage_schema
from control.snapshot import Snapshot
from features.byte_strings import ByteStrings
from features.vector import FeatureLayout
from settings import Settings, TopicsSettings
from stream.partition.stage import Output, Stage, Work, joined_by_partition
from stream.transport.fetched_batch import FetchedBatch
from stream.wire.reader import Records
from stream.wire.writer import nulls
from stream.wiring import Wiring, transaction_schema
from tests.small_models import base_change, small_base
from tests.stream_run import transactions

PARTITIONS, ROWS = 3, 40
SETTINGS = Settings(topics=TopicsSettings(partitions=PARTITIONS))
NAMES = FeatureLayout(transaction_schema(SETTINGS)).names


def stages(topic: str) -> list[Stage]:
    """Return fresh stages of all partitions of a topic."""
    entry = base_change(small_base(names=NAMES), threshold=3.0).entry(sequence=1, time=0.0)
    control = cast(Any, SimpleNamespace(current=Snapshot().apply(entry, 0)))
    nothing = cast(Any, None)
    wiring = Wiring(SETTINGS, control, lambda: nothing, lambda at, work: None)
    return [wiring.worker(TopicPartition(topic, number)).stage for number in range(PARTITIONS)]


def fetched(topic: str, number: int, keys: ByteStrings, values: ByteStrings) -> FetchedBatch:
    offset = np.arange(len(values))
    stamp = np.full(len(values), 1_800_000_000_000)
    return FetchedBatch(TopicPartition(topic, number), 0, Records(offset, stamp, keys, values, len(values)))


def payments() -> list[FetchedBatch]:
    rows = transactions(SETTINGS, 0, PARTITIONS * ROWS, seed=1, cards=30)
    parts = [rows[number::PARTITIONS] for number in range(PARTITIONS)]
    return [
        fetched(
            SETTINGS.topics.transactions,
            number,
            ByteStrings.from_list([key for key, _ in part]),
            ByteStrings.from_list([value for _, value in part]),
        )
        for number, part in enumerate(parts)
    ]


def passed_on(works: Sequence[Work], topic: str) -> list[FetchedBatch]:
    """Return what the works bring to each partition of the next stage."""
    outputs = [o for work in works for o in work.outputs if o.topic == topic]
    by_number = {o.partition: o for o in joined_by_partition(outputs)}
    batches = [by_number[number].batch for number in range(PARTITIONS)]
    return [
        fetched(topic, number, batch.keys or nulls(len(batch.values)), batch.values)
        for number, batch in enumerate(batches)
    ]


def contents(works: Sequence[Work], topic: str) -> list[tuple[int, list[Any]]]:
    """Return the rows of Arrow messages, or the records, of each partition of a topic."""
    found: dict[int, list[Any]] = {}
    schema = (
        scored_schema([entity.name for entity in SETTINGS.entities], len(NAMES))
        if topic == SETTINGS.topics.scored
        else stage_schema([entity.name for entity in SETTINGS.entities], len(NAMES))
    )
    for output in (o for work in works for o in work.outputs if o.topic == topic):
        found.setdefault(output.partition, []).extend(_rows(output, schema))
    return sorted((number, sorted(rows, key=repr)) for number, rows in found.items())


def _rows(output: Output, schema: Any) -> list[Any]:
    if output.topic == SETTINGS.topics.scores:
        return list(output.batch.values.to_list())
    is_batch = [True] * len(output.batch.values) if output.batch.keys is None else []
    messages = [
        value or b"" for value, yes in zip(output.batch.values.to_list(), is_batch, strict=False) if yes
    ]
    return [row for value in messages for row in BatchFormat(schema).read(value).to_pylist()]


def apart_and_together(batches: list[FetchedBatch]) -> tuple[list[Work], list[Work]]:
    topic = batches[0].partition.topic
    apart = [stage.work(batch) for stage, batch in zip(stages(topic), batches, strict=True)]
    fresh = stages(topic)
    together = fresh[0].work_together(list(zip(fresh, batches, strict=True)))
    return apart, together


@pytest.fixture(scope="module")
def hop() -> list[FetchedBatch]:
    batches = payments()
    works = [s.work(b) for s, b in zip(stages(SETTINGS.topics.transactions), batches, strict=True)]
    return passed_on(works, SETTINGS.topics.stage_topic("merchant"))


def test_entity_stages_pass_on_the_same_rows(hop: list[FetchedBatch]) -> None:
    apart, together = apart_and_together(hop)
    topic = SETTINGS.topics.returned
    assert contents(together, topic) == contents(apart, topic)
    assert [(w.resume, w.transactions) for w in together] == [(w.resume, w.transactions) for w in apart]


def test_the_first_stage_passes_on_the_same_rows() -> None:
    apart, together = apart_and_together(payments())
    topic = SETTINGS.topics.stage_topic("merchant")
    assert contents(together, topic) == contents(apart, topic)
    assert [w.transactions for w in together] == [ROWS] * PARTITIONS


def test_return_stages_score_the_same_for_each_partition(hop: list[FetchedBatch]) -> None:
    topics = SETTINGS.topics
    first = [s.work(b) for s, b in zip(stages(topics.transactions), payments(), strict=True)]
    second = [s.work(b) for s, b in zip(stages(topics.stage_topic("merchant")), hop, strict=True)]
    apart, together = apart_and_together(passed_on([*first, *second], topics.returned))
    for topic in (topics.scores, topics.scored):
        assert contents(together, topic) == contents(apart, topic)
    assert [(w.resume, w.transactions) for w in together] == [(w.resume, w.transactions) for w in apart]
    assert sum(w.transactions for w in together) == PARTITIONS * ROWS
