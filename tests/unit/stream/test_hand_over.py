"""Outputs that reach the next stage in memory, within the commit that writes them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import ClassVar

from aiokafka import TopicPartition

from features.byte_strings import ByteStrings
from stream.partition.catching_up import CatchingUp
from stream.partition.commit import Ready
from stream.partition.hand_over import HandOver
from stream.partition.stage import Output, Resume
from stream.transport.fetched_batch import FetchedBatch
from stream.wire.writer import EncodedBatch

HOP, RETURNED, SCORES = "hop-merchant", "returned", "scores"


def output(topic: str, *values: bytes, partition: int = 0, key: bytes | None = None) -> Output:
    keys = None if key is None else ByteStrings.from_list([key] * len(values))
    return Output(topic, partition, EncodedBatch(keys, ByteStrings.from_list(list(values))))


class Log:
    """Gives each written record the next offset of its partition."""

    marks = True

    def __init__(self) -> None:
        self.written: list[tuple[str, int, list[bytes | None]]] = []
        self.ends: dict[tuple[str, int], int] = {}

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def write(self, outputs: Sequence[Output]) -> list[int]:
        offsets = []
        for one in outputs:
            offsets.append(self.ends.get((one.topic, one.partition), 0))
            self.ends[one.topic, one.partition] = offsets[-1] + one.batch.record_count()
            self.written.append((one.topic, one.partition, one.batch.values.to_list()))
        return offsets

    async def commit(self, outputs: Sequence[Output], places: Mapping[TopicPartition, Resume]) -> None:
        await self.write(outputs)


class Stages:
    """Every stage passes its records on to the next; partitions in `behind` take nothing."""

    following: ClassVar = {HOP: RETURNED, RETURNED: SCORES}

    def __init__(
        self, behind: Sequence[TopicPartition] = (), elsewhere: Sequence[TopicPartition] = ()
    ) -> None:
        self.behind, self.elsewhere = behind, elsewhere
        self.received: list[FetchedBatch] = []

    def accepts(self, partition: TopicPartition) -> bool:
        return partition not in self.elsewhere

    async def receive(self, written: Sequence[FetchedBatch], *, after_marker: bool) -> list[Ready]:
        return [self._worked(one) for one in written if one.partition not in self.behind]

    def _worked(self, written: FetchedBatch) -> Ready:
        self.received.append(written)
        values = [value or b"" for value in written.values.to_list()]
        at = written.partition
        passed = output(self.following[at.topic], *values, partition=at.partition)
        done = asyncio.get_running_loop().create_future()
        return Ready(at, [passed], Resume(written.next_offset), done)


def handed_over(stages: Stages, log: Log, outputs: Sequence[Output]) -> tuple[list[Output], list[Ready]]:
    ready: list[Ready] = []

    async def story() -> list[Output]:
        return await HandOver((HOP, RETURNED), lambda: stages).through_stages(outputs, log, ready)

    return asyncio.run(story()), ready


def test_a_batch_passes_all_stages_within_one_commit() -> None:
    stages, log = Stages(), Log()
    left, ready = handed_over(stages, log, [output(HOP, b"a", b"b"), output("dead-letters", b"x")])
    assert [(one.topic, one.batch.values.to_list()) for one in left] == [
        ("dead-letters", [b"x"]),
        (SCORES, [b"a", b"b"]),
    ]
    assert [(one.partition.topic, one.place) for one in ready] == [(HOP, Resume(2)), (RETURNED, Resume(2))]
    assert log.written == [(HOP, 0, [b"a", b"b"]), (RETURNED, 0, [b"a", b"b"])]


def test_notices_wait_for_the_rows_of_the_stage_before_and_come_first() -> None:
    stages, log = Stages(), Log()
    handed_over(stages, log, [output(HOP, b"row"), output(RETURNED, b"notice", key=b"span")])
    assert log.written == [(HOP, 0, [b"row"]), (RETURNED, 0, [b"notice", b"row"])]
    returned = stages.received[-1].records
    assert returned.keys.to_list() == [b"span", None]
    assert returned.offset.tolist() == [0, 1]


def test_a_batch_is_read_from_the_log_where_the_stage_has_not_come_so_far() -> None:
    behind = TopicPartition(HOP, 0)
    stages, log = Stages(behind=[behind]), Log()
    left, ready = handed_over(stages, log, [output(HOP, b"a"), output(HOP, b"b", partition=1)])
    assert [one.partition.partition for one in ready] == [1, 1]
    assert [one.batch.values.to_list() for one in left] == [[b"b"]]
    assert (HOP, 0, [b"a"]) in log.written  # the log has it, once the commit is done


def test_a_batch_for_another_worker_is_only_written() -> None:
    elsewhere = TopicPartition(HOP, 0)
    left, ready = handed_over(Stages(elsewhere=[elsewhere]), Log(), [output(HOP, b"a")])
    assert [one.topic for one in left] == [HOP]
    assert not ready


def test_batches_of_one_partition_that_stayed_apart_arrive_as_one() -> None:
    stages, log = Stages(), Log()
    handed_over(stages, log, [output(HOP, b"a", b"b"), output(HOP, b"c")])
    (hop, _) = stages.received
    assert (hop.fetch_offset, hop.next_offset, hop.values.to_list()) == (0, 3, [b"a", b"b", b"c"])


def test_an_earlier_stage_waits_while_a_later_one_is_behind() -> None:
    """If it went on writing, the later stage would stay behind and read every batch from the log."""
    card, hop = TopicPartition("transactions", 0), TopicPartition(HOP, 0)

    async def story() -> None:
        catching_up = CatchingUp("transactions")
        await catching_up.before(card)
        catching_up.wait_for(hop, 5)
        await catching_up.before(hop)
        waiting = asyncio.create_task(catching_up.before(card))
        await asyncio.sleep(0)
        catching_up.reached(hop, 4)
        await asyncio.sleep(0)
        assert not waiting.done()
        catching_up.reached(hop, 5)
        await waiting

    asyncio.run(story())
