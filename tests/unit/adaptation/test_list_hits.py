"""What live rules add to lists is read from records; a cluster that lets no one read it stops nothing."""

from __future__ import annotations

import logging
from typing import Any

import msgspec
import pytest
from kafka import TopicPartition
from kafka.errors import BrokerNotAvailableError, KafkaError, TopicAuthorizationFailedError

from adaptation.intake import list_hits
from adaptation.intake.list_hits import Hit, HitReader, read_hit
from contracts.broker import Broker
from contracts.shadow_alert import ShadowAlert
from settings import BrokerSettings

TOPIC = "shadow-alerts"
BROKER: Broker = BrokerSettings()


def record(**fields: Any) -> bytes:
    one = ShadowAlert("tx-1", 0, 7, 5.0, 2.0, "rule/r", "", 1.0, False, 9, **fields)
    return msgspec.json.encode(one)


class Record:
    """A record of kafka-python, as far as it is read."""

    def __init__(self, offset: int, value: bytes) -> None:
        self.offset, self.value = offset, value


class ConsumerInMemory:
    """Gives batches or raises errors, one at each poll, and keeps what was committed."""

    coming: list[list[Record] | KafkaError]
    committed: dict[TopicPartition, Any]

    def __init__(self, **_: Any) -> None: ...

    def partitions_for_topic(self, topic: str) -> None: ...

    def subscribe(self, topics: list[str]) -> None: ...

    def poll(self, timeout_ms: int) -> dict[TopicPartition, list[Record]]:
        one = self.coming.pop(0) if self.coming else []
        if isinstance(one, KafkaError):
            raise one
        return {TopicPartition(TOPIC, 0): one} if one else {}

    def commit(self, offsets: dict[TopicPartition, Any]) -> None:
        type(self).committed = offsets


@pytest.fixture
def coming(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    ConsumerInMemory.coming, ConsumerInMemory.committed = [], {}
    monkeypatch.setattr(list_hits, "KafkaConsumer", ConsumerInMemory)
    return ConsumerInMemory.coming


def committed() -> list[int]:
    return [one.offset for one in ConsumerInMemory.committed.values()]


def test_a_record_of_a_live_rule_is_a_hit_and_others_are_none() -> None:
    assert read_hit(record(to_list="watched", key="c1"), (0, 3)) == Hit("r", "watched", "c1", 5.0, (0, 3))
    assert read_hit(record()) is None
    assert read_hit(b"{") is None
    assert read_hit(None) is None


def test_offsets_are_committed_up_to_the_first_that_waits(coming: list[Any]) -> None:
    reader = HitReader(BROKER, TOPIC, "adapter-lists")
    coming.append([Record(3, record()), Record(4, record(to_list="w", key="c1")), Record(6, record())])
    assert [hit.place for hit in reader.poll()] == [(0, 4)]
    reader.commit({0: 4})
    assert committed() == [4]
    reader.commit({})
    assert committed() == [7]


def test_without_the_right_to_read_there_are_no_hits_and_the_log_says_why(
    coming: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    reader = HitReader(BROKER, TOPIC, "adapter-lists")
    coming += [TopicAuthorizationFailedError({TOPIC}), [Record(4, record(to_list="w", key="c1"))]]
    with caplog.at_level(logging.ERROR):
        assert reader.poll() == []
        assert reader.poll() == []  # it does not ask again at once
    assert len(caplog.messages) == 1
    assert "flagfive acls adapter" in caplog.text
    assert len(coming) == 1


def test_a_broker_that_is_away_is_raised(coming: list[Any]) -> None:
    reader = HitReader(BROKER, TOPIC, "adapter-lists")
    coming.append(BrokerNotAvailableError())
    with pytest.raises(KafkaError):
        reader.poll()
