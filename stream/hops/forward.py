"""Send a batch to the partitions of the next entity."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.hashing import hash_spans
from features.spans import ByteSpans
from features.vector import FeatureLayout
from stream.batch import Batch
from stream.batch_arrow import batch_schema, to_message, to_record_batch
from stream.partition.output import Output
from stream.wire.writer import EncodedBatch


@dataclass(frozen=True, slots=True)
class Sent:
    """What a batch was turned into, and the control offset it was scored under, if it was scored."""

    outputs: Sequence[Output]
    control_offset: int | None = None


class Forward:
    """Splits a batch by the key of the next entity; a key's transactions keep their order.

    Args:
        topic: the internal topic of the next hop.
        entity: index of the next entity.
    """

    def __init__(
        self, topic: str, partitions: int, entity: int, layout: FeatureLayout, entities: Sequence[str]
    ) -> None:
        self._topic = topic
        self._partitions = partitions
        self._entity = entity
        self._schema = batch_schema(entities, len(layout))

    def send(self, batch: Batch) -> Sent:
        """One message for each partition that gets any of the batch."""
        target = partition_of(batch.columns.keys[self._entity], self._partitions)
        order = np.argsort(target, kind="stable")
        bounds = np.searchsorted(target[order], np.arange(self._partitions + 1))
        outputs = [
            self._output(batch.take(order[bounds[p] : bounds[p + 1]]), p)
            for p in range(self._partitions)
            if bounds[p] < bounds[p + 1]
        ]
        return Sent(outputs)

    async def ready(self) -> None:
        """Forwarding needs nothing."""

    def _output(self, part: Batch, partition: int) -> Output:
        message = np.frombuffer(to_message(to_record_batch(part, self._schema)), np.uint8)
        values = ByteSpans(message, np.zeros(1, np.int64), np.full(1, len(message), np.int64))
        return Output(self._topic, partition, EncodedBatch(None, values, int(time.time() * 1000)))


def partition_of(keys: ByteSpans, partitions: int) -> NDArray[np.int64]:
    """The partition of each key, int64 (n,): its hash modulo the number of partitions."""
    return (hash_spans(keys) % np.uint64(partitions)).astype(np.int64)
