"""Delivery exactly once: outputs and places in one Kafka transaction."""

import asyncio
from collections.abc import Mapping, Sequence

from aiokafka import TopicPartition
from aiokafka.errors import InvalidProducerEpoch, KafkaError, ProducerFenced

from contracts.broker import Broker
from contracts.broker_errors import is_missing_right, told
from stream.partition.commit import CommitUncertain, PartitionLost
from stream.partition.stage import Output, Resume
from stream.partition.transactor import Transactor

# A right that is missing now is given by a person; an attempt each 2 s keeps the log readable.
REFUSED_S = 2.0


class ExactlyOnce:
    """Commits one transaction at a time, under an id that only one worker can hold.

    A crash before the commit leaves nothing visible: the broker aborts the transaction when the next owner
    starts, or after its timeout. Satisfies `stream.partition.commit.SharedCommitter`.

    Args:
        broker: the cluster and how to connect to it.
        group: consumer group, whose places are committed.
        number: of the partitions, in all input topics, that it commits for: the same worker holds them all.
            Part of the transactional id, which fences a former owner (KIP-98).
    """

    def __init__(self, broker: Broker, group: str, number: int) -> None:
        self._broker = broker
        self._group = group
        self._number = number
        self._transactor: Transactor | None = None

    async def start(self) -> None:
        await self.stop()
        transactor = Transactor(self._broker, f"{self._group}-{self._number}", self._group)
        try:
            await transactor.start()
        except BaseException:
            await transactor.close()
            raise
        self._transactor = transactor

    async def stop(self) -> None:
        transactor, self._transactor = self._transactor, None
        if transactor is not None:
            await transactor.close()

    async def commit(self, outputs: Sequence[Output], places: Mapping[TopicPartition, Resume]) -> None:
        if self._transactor is None:
            raise PartitionLost(f"partition {self._number} is not ours")
        try:
            await self._transactor.commit(outputs, places)
        except (ProducerFenced, InvalidProducerEpoch) as error:
            raise PartitionLost(f"partition {self._number} is fenced: {error!r}") from error
        except (KafkaError, OSError) as error:
            if is_missing_right(error):
                await asyncio.sleep(REFUSED_S)
            raise CommitUncertain(
                f"commit of partition {self._number}, {places}: {told(error, 'WRITE')}"
            ) from error
