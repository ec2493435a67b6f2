"""The event that an agent receives."""

from dataclasses import dataclass

import numpy as np
from aiokafka import TopicPartition
from numpy.typing import NDArray

from features.byte_strings import ByteStrings
from stream.wire.reader import Records


@dataclass(frozen=True, slots=True)
class FetchedBatch:
    """All records of one fetch of one partition.

    Attributes:
        fetch_offset: where the fetch began. Spans of a partition are contiguous: each begins where the one
            before ended, which offsets alone do not show, since markers of transactions use up offsets.
        records: the records as columns, none of them a Python object.
    """

    partition: TopicPartition
    fetch_offset: int
    records: Records

    def __len__(self) -> int:
        return len(self.records)

    @property
    def next_offset(self) -> int:
        """The position to commit once everything in the batch is dealt with."""
        return self.records.next_offset

    def until(self, offset: int) -> "FetchedBatch":
        """The records before `offset`."""
        return FetchedBatch(self.partition, self.fetch_offset, self.records.until(offset))

    @property
    def values(self) -> ByteStrings:
        return self.records.values

    @property
    def arrival(self) -> NDArray[np.float64]:
        """When the broker or the producer stamped each record, in seconds since 1970."""
        return self.records.timestamp / 1000.0
