"""One connection is enough to read the group's committed place."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.structs import OffsetAndMetadata

from settings import BrokerSettings
from stream.partition.place import GroupPlace
from stream.partition.stage import Resume


class Admin:
    """Counts opened and closed connections; has one committed place."""

    opened = 0
    closed = 0

    def __init__(self, **_: Any) -> None:
        Admin.opened += 1

    async def start(self) -> None:
        await asyncio.sleep(0)  # let the other callers run meanwhile

    async def close(self) -> None:
        Admin.closed += 1

    async def list_consumer_group_offsets(
        self, group: str, *, partitions: list[TopicPartition]
    ) -> dict[TopicPartition, OffsetAndMetadata]:
        return {one: OffsetAndMetadata(7, "place") for one in partitions if one.partition == 0}


def test_partitions_that_ask_at_once_share_a_connection_that_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("stream.partition.place.AIOKafkaAdminClient", Admin)

    async def ask() -> list[Resume | None]:
        place = GroupPlace(
            BrokerSettings(bootstrap="broker:9092"), "group", lambda: pytest.fail("not asked for")
        )
        found = await asyncio.gather(*(place.committed(TopicPartition("t", n)) for n in range(4)))
        await place.close()
        return found

    assert asyncio.run(ask()) == [Resume(7, "place"), None, None, None]
    assert (Admin.opened, Admin.closed) == (1, 1)
