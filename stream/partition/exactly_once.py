"""Delivery exactly once: outputs and places in one Kafka transaction."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

from aiokafka import TopicPartition
from aiokafka.errors import (
    IllegalGenerationError,
    InvalidProducerEpoch,
    KafkaError,
    ProducerFenced,
    UnknownMemberIdError,
)

from contracts.broker import Broker
from contracts.broker_errors import is_missing_right, told
from stream.partition.commit import CommitUncertain, Ends, PartitionLost, ends_of
from stream.partition.stage import Output, Resume
from stream.partition.transactor import Transactor
from stream.partition.transactor_v2 import transactor_for
from stream.transport.tenure import Tenure

# A right that is missing now is given by a person; an attempt each 2 s keeps the log readable.
REFUSED_S = 2.0
_LOST = (ProducerFenced, InvalidProducerEpoch, IllegalGenerationError, UnknownMemberIdError)


class ExactlyOnce:
    """Commits one transaction at a time for all partitions of a worker.

    Two things keep a former owner of a partition from committing. The broker refuses the places of a member
    that is not of the group's current generation (KIP-447), and every transaction has places. And a worker
    takes the transactional id of each of its partition numbers when its tenure begins, which aborts what a
    former owner has left open (KIP-98): its own transactions use the first of these ids.

    A crash before the commit leaves nothing visible: the broker aborts the transaction when the next owner
    starts, or after its timeout. Satisfies `stream.partition.commit.SharedCommitter`.

    Args:
        broker: the cluster and how to connect to it.
        group: consumer group, whose places are committed.
        tenure: returns what the group has assigned last.
    """

    marks = True

    def __init__(self, broker: Broker, group: str, tenure: Callable[[], Tenure]) -> None:
        self._broker = broker
        self._group = group
        self._tenure = tenure
        self._begun: Tenure | None = None
        self._transactor: Transactor | None = None

    async def start(self) -> None:
        await self._close()
        tenure = self._tenure()
        transactor = await transactor_for(self._broker, self._group, tenure)
        try:
            await transactor.start(fences=tenure != self._begun)
        except BaseException:
            await transactor.close()
            raise
        self._begun, self._transactor = tenure, transactor

    async def stop(self) -> None:
        """Release the partitions; their next owner finds the outcome of the last transaction."""
        if self._transactor is not None and self._tenure() == self._begun:
            with suppress(KafkaError):
                await self._transactor.settle()
        await self._close()

    async def _close(self) -> None:
        transactor, self._transactor = self._transactor, None
        if transactor is not None:
            await transactor.close()

    async def commit(
        self,
        outputs: Sequence[Output],
        places: Mapping[TopicPartition, Resume],
        expected: Mapping[TopicPartition, int],
    ) -> Ends:
        async with self._transaction(f"commit of {places}") as transactor:
            ends = ends_of(outputs, await transactor.write(outputs, places), expected)
            await transactor.commit()
        return ends

    @asynccontextmanager
    async def _transaction(self, what: str) -> AsyncIterator[Transactor]:
        if self._transactor is None:
            raise PartitionLost(f"{what}: no transaction is ours")
        try:
            yield self._transactor
        except _LOST as error:
            raise PartitionLost(f"{what}: fenced, {error!r}") from error
        except (KafkaError, OSError) as error:
            if is_missing_right(error):
                await asyncio.sleep(REFUSED_S)
            raise CommitUncertain(f"{what}: {told(error, 'WRITE')}") from error
