"""A round: the batches of one poll go through all stages, and one commit makes everything visible.

Where a worker owns the next stage's partition and nothing unread lies there, the outputs of a stage are
handed over in memory: no record can come in between, so the offsets that they will get are known before they
are written. The log stays the truth. The commit checks the offsets, and a crash leaves nothing of the round;
recovery reads the log as ever.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
from aiokafka import TopicPartition

from stream.partition.stage import Output, Resume, joined_by_partition
from stream.partition.worker import Done, PartitionWorker
from stream.transport.fetched_batch import FetchedBatch
from stream.wire.reader import Records
from stream.wire.writer import EncodedBatch, nulls


@dataclass(frozen=True, slots=True)
class Part:
    """A partition's part in a round."""

    worker: PartitionWorker
    done: Done


@dataclass(slots=True)
class Round:
    """What the batches of one poll lead to, not yet committed.

    Attributes:
        parts: the partitions that took part; each is locked until it is concluded.
        outputs: records for all topics, in the order in which they are to be written.
        expected: for each partition that takes its batch in memory, the offset of the first record.
        left_behind: partitions of later stages whose batches are only written, because they are not at the
            end of their log.
    """

    parts: list[Part] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    expected: dict[TopicPartition, int] = field(default_factory=dict)
    left_behind: list[TopicPartition] = field(default_factory=list)

    @property
    def places(self) -> dict[TopicPartition, Resume]:
        """The places to commit; none if all batches only wait in memory."""
        found = ((part.worker.partition, part.done.work.resume) for part in self.parts)
        return {partition: place for partition, place in found if place is not None}


Admitted = tuple[PartitionWorker, FetchedBatch]


class Rounds:
    """Makes rounds.

    Args:
        topics: inputs of the stages, in order.
        marks: whether each commit leaves a marker in the partitions that it wrote to.
    """

    def __init__(self, topics: Sequence[str], *, marks: bool) -> None:
        self._topics = topics
        self._marks = marks

    async def work(
        self, admitted: Sequence[Admitted], receivers: Mapping[TopicPartition, PartitionWorker]
    ) -> Round:
        """Take admitted batches through the stages.

        Args:
            admitted: batches from the log, each with its partition, which is locked.
            receivers: the partitions that may take batches in memory.
        """
        made, waiting = Round(), list[Output]()
        unfinished = list(admitted)
        try:
            for topic in self._topics:
                sent = joined_by_partition([output for output in waiting if output.topic == topic])
                waiting = [output for output in waiting if output.topic != topic]
                made.outputs += sent
                unfinished += await self._taken_in_memory(sent, receivers, made)
                now = [one for one in unfinished if one[0].partition.topic == topic]
                waiting += _work_together(now, made)
                unfinished = [one for one in unfinished if one[0].partition.topic != topic]
        except BaseException:
            for worker, _ in unfinished:
                worker.abandon(None)
            for part in made.parts:
                part.worker.abandon(part.done.work)
            raise
        made.outputs += joined_by_partition(waiting)
        return made

    async def _taken_in_memory(
        self, sent: Sequence[Output], receivers: Mapping[TopicPartition, PartitionWorker], made: Round
    ) -> list[Admitted]:
        taken = list[Admitted]()
        for at, outputs in groupby(sorted(sent, key=_target), key=_target):
            worker = receivers.get(at)
            if worker is None:
                continue
            offset = await worker.admit_next_written(marks=self._marks)
            if offset is None:
                made.left_behind.append(at)
            else:
                made.expected[at] = offset
                taken.append((worker, _as_fetched(at, [output.batch for output in outputs], offset)))
        return taken


def _work_together(admitted: Sequence[Admitted], made: Round) -> list[Output]:
    """Work on batches of one stage; add the parts to the round, and return the outputs."""
    if not admitted:
        return []
    began = time.time()
    checkpoints = [worker.checkpoint() for worker, _ in admitted]
    works = admitted[0][0].stage.work_together([(worker.stage, batch) for worker, batch in admitted])
    worked, outputs = time.time(), list[Output]()
    for (worker, batch), work, checkpoint in zip(admitted, works, checkpoints, strict=True):
        made.parts.append(Part(worker, Done(work, bool(checkpoint), began, worked, batch.next_offset)))
        outputs += [*checkpoint, *work.outputs]
    return outputs


def _target(output: Output) -> TopicPartition:
    return TopicPartition(output.topic, output.partition)


def _as_fetched(at: TopicPartition, batches: Sequence[EncodedBatch], offset: int) -> FetchedBatch:
    """Return batches as a fetch would bring them, once they are written from `offset` on."""
    batch = batches[0] if len(batches) == 1 else EncodedBatch.joined(batches)
    offsets = offset + np.arange(len(batch.values))
    keys = nulls(len(offsets)) if batch.keys is None else batch.keys
    stamps = np.full(len(offsets), batch.timestamp, np.int64)
    records = Records(offsets, stamps, keys, batch.values, offset + len(offsets))
    return FetchedBatch(at, offset, records, batch.contents)
