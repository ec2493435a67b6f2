"""Hold back the first stage until later ones have read what could not be handed over.

A later stage that is behind takes no batch in memory. If the first stage went on, it would stay behind.
"""

import asyncio
from contextlib import suppress

from aiokafka import TopicPartition

MOST_S = 1.0  # for one batch; a long backlog of a later stage slows the first one to a batch a second


class CatchingUp:
    """Knows the partitions that are behind, and the offsets that they must reach.

    Args:
        first: input topic of the first stage.
    """

    def __init__(self, first: str) -> None:
        self._first = first
        self._behind: dict[TopicPartition, int] = {}
        self._done = asyncio.Event()
        self._done.set()

    def wait_for(self, partition: TopicPartition, end: int) -> None:
        """Hold back the first stage until this partition has been read up to `end`."""
        self._behind[partition] = end
        self._done.clear()

    def reached(self, partition: TopicPartition, position: int) -> None:
        """Note that the partition has been read up to `position`."""
        if position >= self._behind.get(partition, position + 1):
            del self._behind[partition]
        if not self._behind:
            self._done.set()

    def clear(self) -> None:
        """Hold back nothing: the partitions have changed hands."""
        self._behind.clear()
        self._done.set()

    async def before(self, partition: TopicPartition) -> None:
        """Return once a batch of the partition may be processed, after 1 s at most."""
        if self._done.is_set() or partition.topic != self._first:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._done.wait(), MOST_S)
