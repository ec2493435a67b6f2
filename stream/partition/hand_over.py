"""Hand outputs to the next stage in memory, within the commit that writes them.

The log stays the truth: outputs are written first, and the answer names their offsets. Where a batch begins
at the place that the next stage has reached, the log holds nothing in between, so the stage may work on the
batch now instead of reading it back after the commit. All stages of a payment then share one commit. A crash
leaves nothing of it, and recovery reads the log as ever.
"""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Protocol

import numpy as np
from aiokafka import TopicPartition

from stream.partition.commit import Ready, SharedCommitter
from stream.partition.stage import Output, joined_by_partition
from stream.transport.fetched_batch import FetchedBatch
from stream.wire.reader import Records
from stream.wire.writer import EncodedBatch, nulls


class Receivers(Protocol):
    """The partitions of this worker that take batches in memory."""

    def accepts(self, partition: TopicPartition) -> bool:
        """Return whether batches for the partition may be handed over, if their place fits."""

    async def receive(self, written: Sequence[FetchedBatch], *, after_marker: bool) -> list[Ready]:
        """Work on batches of one stage that were just written; leave out those that do not fit.

        Args:
            written: the batches, with the offsets that the broker gave them.
            after_marker: an offset between a batch and the one before may be a transaction's marker.
        """


class HandOver:
    """Takes outputs through the stages.

    Args:
        topics: inputs of the stages after the first, in order.
        receivers: returns the partitions of this worker; None where batches are never handed over.
    """

    def __init__(self, topics: Sequence[str], receivers: Callable[[], Receivers] | None) -> None:
        self._topics = topics
        self._receivers = receivers

    async def through_stages(
        self, outputs: Sequence[Output], committer: SharedCommitter, ready: list[Ready]
    ) -> list[Output]:
        """Write and hand over outputs, stage by stage; return those that are not yet written.

        Args:
            outputs: at most a few for each partition, in order.
            committer: writes them.
            ready: gets an entry for each batch that a stage has worked on.
        """
        left = list(outputs)
        if self._receivers is None:
            return left
        receivers = self._receivers()
        for topic in self._topics:
            now = [o for o in left if o.topic == topic and receivers.accepts(_input(o))]
            if not now:
                continue
            offsets = await committer.write(now)
            left = [output for output in left if output not in now]
            new = await receivers.receive(_as_fetched(now, offsets), after_marker=committer.marks)
            ready += new
            left = joined_by_partition([*left, *(output for one in new for output in one.outputs)])
        return left


def _input(output: Output) -> TopicPartition:
    return TopicPartition(output.topic, output.partition)


def _as_fetched(outputs: Sequence[Output], offsets: Sequence[int]) -> list[FetchedBatch]:
    """Return written outputs as a fetch would bring them, one batch for each partition."""
    pairs = sorted(zip(outputs, offsets, strict=True), key=lambda pair: (_input(pair[0]), pair[1]))
    found = []
    for partition, group in groupby(pairs, key=lambda pair: _input(pair[0])):
        parts = list(group)
        begin = parts[0][1]
        batch = parts[0][0].batch if len(parts) == 1 else EncodedBatch.joined([o.batch for o, _ in parts])
        offset = np.concatenate([at + np.arange(len(o.batch.values)) for o, at in parts])
        keys = nulls(len(offset)) if batch.keys is None else batch.keys
        stamp = np.full(len(offset), batch.timestamp, np.int64)
        found.append(
            FetchedBatch(partition, begin, Records(offset, stamp, keys, batch.values, int(offset[-1]) + 1))
        )
    return found
