"""Upper limit of throughput: the same work on record batches that are already in memory, without a network.

`python -m benchmarks.stream.kernel_only BROKER TOPIC COUNT WEIGHTS` reads the topic's record batches first,
then parses, decodes, folds, scores and encodes them, up to the bytes that a producer would send.
"""

import asyncio
import signal
import sys
from pathlib import Path

from aiokafka import TopicPartition

from benchmarks.peers.common import tell
from benchmarks.stream.child import load_kernels
from benchmarks.stream.setup import PARTITIONS
from benchmarks.stream.task import Network
from benchmarks.stream.work_stage import WorkStage
from settings import load_settings
from stream.transport import fetcher
from stream.transport.fetched_batch import FetchedBatch
from stream.transport.fetcher import BatchConsumer, BatchRecords
from stream.wire.reader import read_records
from stream.wiring import transaction_schema

_FETCH_BYTES = 1 << 20


class KeptRecords(BatchRecords):
    """Keeps the bytes of each fetch, so that the timed run can parse them again."""

    kept: list[tuple[TopicPartition, int, bytes]] = []  # noqa: RUF012  one list for all

    def __iter__(self):  # type: ignore[no-untyped-def]
        self.kept.append((self._partition, self.next_fetch_offset, self._data))
        yield from super().__iter__()


async def fetch(broker: str, topic: str, count: int) -> list[tuple[TopicPartition, int, bytes]]:
    """Fetch `count` transactions, and return partition, first offset and bytes of each fetch."""
    fetcher.BatchRecords = KeptRecords  # type: ignore[misc]
    consumer = BatchConsumer(
        bootstrap_servers=broker,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        max_partition_fetch_bytes=_FETCH_BYTES,
    )
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, number) for number in range(PARTITIONS)])
        seen = 0
        while seen < count:
            fetched = await consumer.getmany(timeout_ms=500)
            seen += sum(len(batch) for batches in fetched.values() for batch in batches)
    finally:
        await consumer.stop()
    return KeptRecords.kept


def main() -> None:
    broker, topic, count, weights = sys.argv[1:5]
    settings, network = load_settings(), Network.load(Path(weights))
    load_kernels(settings, network)
    fetches = asyncio.run(fetch(broker, topic, int(count)))
    schema = transaction_schema(settings)
    stages = {p: WorkStage(schema, network, "none", p.partition, None) for p, _, _ in fetches}
    tell("first")
    for partition, offset, data in fetches:
        work = stages[partition].work(FetchedBatch(partition, offset, read_records(data, from_offset=offset)))
        work.outputs[0].batch._build()
        stages[partition].publish(work)
    tell("last")
    signal.pause()


if __name__ == "__main__":
    main()
