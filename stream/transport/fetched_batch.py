"""The records of one fetch of one partition, as an agent receives them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from aiokafka import TopicPartition
from numpy.typing import NDArray

from features.byte_strings import ByteStrings
from stream.wire.reader import Records


@dataclass(frozen=True, slots=True)
class FetchedBatch:
    """All records of one fetch of one partition.

    Attributes:
        fetch_offset: offset at which the fetch began. Batches of a partition are contiguous: each begins
            where the one before ended. Offsets of records do not show this, since transaction markers also
            use offsets.
        records: the records as columns, without a Python object for each.
        contents: for a batch that was handed over in memory, what each value was encoded from, or None;
            empty for a batch from the log.
    """

    partition: TopicPartition
    fetch_offset: int
    records: Records
    contents: Sequence[Any] = ()

    def __len__(self) -> int:
        return len(self.records)

    @property
    def next_offset(self) -> int:
        """The place to commit after the whole batch is processed."""
        return self.records.next_offset

    def until(self, offset: int) -> "FetchedBatch":
        """Return the records before `offset`."""
        return FetchedBatch(self.partition, self.fetch_offset, self.records.until(offset))

    @property
    def values(self) -> ByteStrings:
        return self.records.values

    @property
    def arrival(self) -> NDArray[np.float64]:
        """Timestamp of each record, set by the broker or the producer, seconds since 1970."""
        return self.records.timestamp / 1000.0
