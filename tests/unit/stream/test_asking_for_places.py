"""Which broker is asked for the committed place, over which connection, and what its answer means."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import pytest
from aiokafka import TopicPartition
from aiokafka import errors as kafka_errors
from aiokafka.client import ConnectionGroup, CoordinationType

from settings import BrokerSettings
from stream.partition.place import GroupPlace
from stream.partition.stage import Resume
from tests.unit.stream.test_group_place import LOADING, Client, group_place, place_of_zero

ZERO = TopicPartition("t", 0)


class NotingClient(Client):
    """Notes for which group the coordinator is looked up, and what is sent to which node."""

    calls: ClassVar[list[object]] = []

    async def coordinator_lookup(self, *asked: Any) -> int:
        NotingClient.calls.append(asked)
        return 5

    async def send(self, *asked: Any, **options: Any) -> Any:
        NotingClient.calls.append((asked[0], options))
        return await super().send(*asked, **options)


@pytest.fixture(autouse=True)
def client(monkeypatch: pytest.MonkeyPatch) -> None:
    NotingClient.calls = []
    monkeypatch.setattr("stream.partition.place.AIOKafkaClient", NotingClient)


def committed(answer: Any) -> Resume | None:
    Client.answer = staticmethod(lambda topic, number: answer)
    return asyncio.run(group_place().committed(ZERO))


def answer(offset: int, note: str | None) -> Any:
    """Return the coordinator's answer in the format that the stand-in gives, with another place."""
    found = place_of_zero("t", 0)
    ((topic, (place,), *others),) = found.topics
    noted = tuple(note if value == "place" else value for value in place)
    return SimpleNamespace(topics=[(topic, [(noted[0], offset, *noted[2:])], *others)], error_code=0)


def test_the_coordinator_of_the_group_is_asked_over_its_own_connection() -> None:
    assert committed(place_of_zero("t", 0)) == Resume(7, "place")
    assert NotingClient.calls == [
        (CoordinationType.GROUP, "group"),
        (5, {"group": ConnectionGroup.COORDINATION}),
    ]


@pytest.mark.parametrize(
    ("offset", "note", "place"),
    [(0, "begun", Resume(0, "begun")), (1, None, Resume(1, "")), (-1, "", None)],
)
def test_a_place_at_the_very_beginning_is_a_place(
    offset: int, note: str | None, place: Resume | None
) -> None:
    assert committed(answer(offset, note)) == place


def test_an_error_of_the_coordinator_is_named_with_the_group() -> None:
    with pytest.raises(kafka_errors.CoordinatorLoadInProgressError, match="group"):
        committed(SimpleNamespace(topics=[], error_code=LOADING))


def test_the_first_offset_comes_from_the_consumer() -> None:
    class Consumer:
        async def earliest_offsets(self, partition: TopicPartition) -> dict[TopicPartition, int]:
            return {partition: 12}

    place = GroupPlace(BrokerSettings(bootstrap="broker:9092"), "group", lambda: cast(Any, Consumer()))
    assert asyncio.run(place.earliest(ZERO)) == 12
    assert NotingClient.calls == []


def test_a_connection_that_was_never_opened_needs_no_closing() -> None:
    before = Client.closed
    asyncio.run(group_place().close())
    assert Client.closed == before
