"""Find out from the log how far a partition is scored, or read, if the group's places cannot be believed."""

from collections.abc import Callable

import numpy as np
from aiokafka import TopicPartition

from contracts.broker import Broker
from contracts.stage_batch import BatchFormat, ForeignBatch
from stream.checkpoint.committed_records import greatest_at_the_end
from stream.stages.stage_messages import StageMessages
from stream.transport.fetched_batch import FetchedBatch


class LogEnd:
    """Reads the end of a topic.

    Args:
        broker: the cluster and how to connect to it.
        topic: partition i of it is about partition i of `transactions`.
        end_of: returns the greatest offset of `transactions`, plus one, that a batch is about; 0 for none.
        most_bytes: as of `BatchConsumer`.
    """

    def __init__(
        self, broker: Broker, topic: str, end_of: Callable[[FetchedBatch], int], most_bytes: int
    ) -> None:
        self._broker = broker
        self._topic = topic
        self._end_of = end_of
        self._most_bytes = most_bytes

    async def end(self, number: int) -> int:
        """Return the offset after the newest transaction that the topic is about; 0 where there is none.

        Raises:
            KafkaError: the broker does not answer.
        """
        at = TopicPartition(self._topic, number)
        return await greatest_at_the_end(self._broker, at, self._most_bytes, self._end_of)


def scored_until(form: BatchFormat) -> Callable[[FetchedBatch], int]:
    """Return what reads batches of `scored`: all before the offset is scored."""

    def end_of(fetched: FetchedBatch) -> int:
        number = fetched.partition.partition
        return max((end_in(message or b"", number) for message in fetched.values.to_list()), default=0)

    def end_in(message: bytes, number: int) -> int:
        try:
            batch = form.read(message)
        except ForeignBatch:
            return 0  # of another configuration, or not by a worker; readers of the topic refuse it too
        own = batch.column("source_partition").to_numpy() == number
        return int(batch.column("source_offset").to_numpy()[own].max()) + 1 if own.any() else 0

    return end_of


def announced_until(messages: StageMessages) -> Callable[[FetchedBatch], int]:
    """Return what reads notices in `returned`: the first stage has read all before the offset."""

    def end_of(fetched: FetchedBatch) -> int:
        found = messages.read_notices(fetched, np.flatnonzero(fetched.records.keys.start >= 0))
        return max((notice.end for _, notice in found.batches), default=0)

    return end_of
