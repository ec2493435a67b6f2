"""Reads which profiles a checkpoint topic holds, and writes rows over them that mean `never seen`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from aiokafka import TopicPartition

from contracts.broker import Broker
from features.byte_strings import ByteStrings
from features.profile_row import PROFILE_ROW
from stream.checkpoint.checkpoint import as_byte_strings, in_batches
from stream.checkpoint.committed_records import batches_between, open_reader
from stream.partition.stage import Output
from stream.wire.writer import nulls

_AT_ONCE = 65_536


async def stored_keys(
    broker: Broker, partition: TopicPartition, most_bytes: int, *, most: int | None = None
) -> set[bytes]:
    """Return the keys of the committed records of one partition that have a value, markers left out.

    Args:
        broker: the cluster and how to connect to it.
        partition: a partition of a checkpoint topic.
        most_bytes: as of `BatchConsumer`.
        most: stop once so many are found.

    Raises:
        KafkaError: the broker does not answer.
    """
    found = set[bytes]()
    async with open_reader(broker, partition, most_bytes) as consumer:
        end = (await consumer.end_offsets([partition]))[partition]
        async for batch in batches_between(consumer, partition, 0, end):
            keys, values = batch.records.keys, batch.values
            for key, there in zip(keys.to_list(), (values.start >= 0).tolist(), strict=True):
                if key and there:
                    found.add(key)
                elif key:
                    found.discard(key)
            if most is not None and len(found) >= most:
                break
    return found


def forgetting(
    partition: TopicPartition, profiles: Iterable[bytes], ids: Iterable[bytes]
) -> Iterator[Output]:
    """Yield records after which workers know none of these keys.

    A profile becomes a row of zeros, which is that of an entity never seen: a reader skips tombstones, and
    the record before one is there until the topic is compacted. The next checkpoint of a worker deletes such
    rows. Chunks of ids become tombstones, since chunks written later replace them.

    Args:
        partition: a partition of a checkpoint topic.
        profiles: keys of profiles.
        ids: keys of chunks of ids.
    """
    row = as_byte_strings(np.zeros(1, PROFILE_ROW))
    wanted = sorted(profiles)
    for at in range(0, len(wanted), _AT_ONCE):
        keys = ByteStrings.from_list(wanted[at : at + _AT_ONCE])
        rows = row.take(np.zeros(len(keys), np.intp))
        yield from in_batches(partition.topic, partition.partition, keys, rows)
    gone = ByteStrings.from_list(sorted(ids))
    yield from in_batches(partition.topic, partition.partition, gone, nulls(len(gone)))
