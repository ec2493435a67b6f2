"""One connection is enough to read the group's committed place, and an error is no place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka import errors as kafka_errors
from aiokafka.client import AIOKafkaClient

from settings import BrokerSettings
from stream.partition.place import UNSTABLE, GroupPlace
from stream.partition.requests import OffsetFetchRequestV7
from stream.partition.stage import Resume

LOADING = kafka_errors.CoordinatorLoadInProgressError.errno
NOT_COORDINATOR = kafka_errors.NotCoordinatorForGroupError.errno
Answer = Callable[[str, int], Any]


class Client:
    """Counts opened and closed connections; the test sets the answer of the coordinator."""

    opened = 0
    closed = 0
    answer: Answer

    def __init__(self, **_: Any) -> None:
        Client.opened += 1

    async def bootstrap(self) -> None:
        await asyncio.sleep(0)  # let the other callers run meanwhile

    async def close(self) -> None:
        Client.closed += 1

    async def coordinator_lookup(self, *_: Any) -> int:
        return 1

    async def send(self, _: int, request: Any, **__: Any) -> Any:
        ((topic, (number,), _),) = request.build(OffsetFetchRequestV7).topics
        return Client.answer(topic, number)


@pytest.fixture(autouse=True)
def client(monkeypatch: pytest.MonkeyPatch) -> None:
    Client.opened = Client.closed = 0
    monkeypatch.setattr("stream.partition.place.AIOKafkaClient", Client)


def group_place() -> GroupPlace:
    return GroupPlace(BrokerSettings(bootstrap="broker:9092"), "group", lambda: pytest.fail("not asked for"))


def place_of_zero(topic: str, number: int) -> Any:
    offset, note = (7, "place") if number == 0 else (-1, "")
    return SimpleNamespace(topics=[(topic, [(number, offset, -1, note, 0, {})], {})], error_code=0)


def test_partitions_that_ask_at_once_share_a_connection_that_is_closed() -> None:
    Client.answer = staticmethod(place_of_zero)

    async def ask() -> list[Resume | None]:
        place = group_place()
        found = await asyncio.gather(*(place.committed(TopicPartition("t", n)) for n in range(4)))
        await place.close()
        return found

    assert asyncio.run(ask()) == [Resume(7, "place"), None, None, None]
    assert (Client.opened, Client.closed) == (1, 1)


@pytest.mark.parametrize(
    "answer",
    [
        lambda topic, number: SimpleNamespace(topics=[], error_code=LOADING),
        lambda topic, number: SimpleNamespace(
            topics=[(topic, [(number, -1, -1, "", NOT_COORDINATOR, {})], {})], error_code=0
        ),
        lambda topic, number: SimpleNamespace(topics=[], error_code=0),
    ],
    ids=["the group is loading", "the partition has an error", "nothing is answered"],
)
def test_a_coordinator_that_cannot_say_is_not_taken_for_an_empty_group(answer: Answer) -> None:
    """`Nothing is committed` makes a worker score everything again."""
    Client.answer = staticmethod(answer)
    with pytest.raises(kafka_errors.KafkaError):
        asyncio.run(group_place().committed(TopicPartition("t", 0)))


def test_a_place_that_an_open_transaction_holds_is_waited_for() -> None:
    """A former owner's commit may still be on its way; its outcome decides where the new owner begins."""
    unstable = SimpleNamespace(topics=[("t", [(0, -1, -1, "", UNSTABLE, {})], {})], error_code=0)
    answers = [place_of_zero("t", 0), unstable, unstable]
    Client.answer = staticmethod(lambda topic, number: answers.pop())
    assert asyncio.run(group_place().committed(TopicPartition("t", 0))) == Resume(7, "place")


def test_the_stand_in_has_the_calls_of_the_real_client() -> None:
    for name in ("bootstrap", "close", "coordinator_lookup", "send"):
        assert callable(getattr(AIOKafkaClient, name))
