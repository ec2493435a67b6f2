"""What the consumers of the recorder have in common: options, waiting in the group, committing offsets."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.errors import KafkaError

from contracts.broker import Broker, kafka_python_options
from contracts.heartbeat import HEARTBEATS
from contracts.outage import RECONNECT

log = logging.getLogger(__name__)

BROKER = "the broker"
STUCK_S = 120.0  # seconds without a turn; a chunk takes 0.3 s, a connection to a broker that is away 30 s
RECONNECT_S = 1.0
# After a recorder is killed, another one gets its partitions only after this time.
SESSION_MS = 10_000
FETCH_BYTES = 16 * 1024 * 1024


def consumer_of(broker: Broker, group: str) -> KafkaConsumer:
    """Return a consumer of committed records that commits no offsets by itself."""
    return KafkaConsumer(
        **kafka_python_options(broker),
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        fetch_max_bytes=FETCH_BYTES,
        max_partition_fetch_bytes=FETCH_BYTES,
        max_poll_records=50,
        session_timeout_ms=SESSION_MS,
        **RECONNECT,
    )


def keep_alive(consumer: KafkaConsumer, work: str) -> None:
    """Stay in the group without reading: what is written to may be away for longer than the poll interval."""
    HEARTBEATS.beat(work, within_s=STUCK_S)
    consumer.pause(*consumer.assignment())
    # A rebalance in this poll may assign partitions that are not paused: their records are read again.
    for partition, records in consumer.poll(timeout_ms=0).items():
        consumer.seek(partition, records[0].offset)
    consumer.resume(*consumer.assignment())


def commit_offsets(consumer: KafkaConsumer, offsets: Mapping[TopicPartition, int], note: str = "") -> None:
    """Commit offsets; a failure is only logged.

    Args:
        consumer: the consumer.
        offsets: offset of the next record to read.
        note: text that is kept beside each offset.
    """
    try:
        consumer.commit({p: OffsetAndMetadata(offset, note, -1) for p, offset in offsets.items()})
    except KafkaError as error:
        # The rows are written. The new owner of the partitions reads them again, which changes nothing.
        log.info("recorder: offsets were not committed (%s), the rows will come again", error)
