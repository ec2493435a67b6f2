"""Places are committed in the background; errors there are reported."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from aiokafka import TopicPartition

from settings import BrokerSettings
from stream.partition.at_least_once import AtLeastOnce
from stream.partition.stage import Resume

PLACES = {TopicPartition("transactions", 0): Resume(1)}


def test_an_error_that_nobody_foresaw_is_raised_by_the_next_commit() -> None:
    async def story() -> None:
        tried = asyncio.Event()

        async def commit_places(places: Mapping[TopicPartition, Resume]) -> bool:
            tried.set()
            raise ValueError("a mistake of ours")

        committer: Any = AtLeastOnce(BrokerSettings(), commit_places)
        committer._client = object()  # nothing is sent
        await committer.commit([], PLACES, {})
        await tried.wait()
        with pytest.raises(ValueError, match="a mistake of ours"):
            await committer.commit([], PLACES, {})

    asyncio.run(story())
