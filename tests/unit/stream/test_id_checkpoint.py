"""Seen ids survive in the checkpoint, also where some records of it are lost or were never marked."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
import numpy as np
import pytest
from aiokafka import TopicPartition

from contracts.stage_batch import ForeignBatch
from features.profiles import Profiles
from features.schema import MAX_KEY_BYTES
from features.seen_ids import SeenIds
from stream.checkpoint import id_chunk
from stream.checkpoint.checkpoint import MARKER_KEY, Marker
from stream.checkpoint.checkpoint_reader import CheckpointReader
from stream.checkpoint.id_checkpoint import FULL, IdCheckpoint
from stream.checkpoint.id_chunk import MOST_IN_CHUNK
from tests.stage_messages import fetched
from tests.unit.features.test_seen_ids import arrivals, columns, whole
from tests.unit.features.transactions import START

CHECKPOINT = TopicPartition("checkpoint-card", 0)
WINDOW_S, MOST = 3_200.0, 100_000


@dataclass
class Topic:
    """A compacted topic: it keeps the newest record of each key, at its place."""

    records: list[tuple[bytes, bytes | None]] = field(default_factory=list)

    def write(self, records: list[tuple[bytes, bytes | None]], marker: int | None) -> None:
        self.records += records
        if marker is not None:
            self.records.append((MARKER_KEY, msgspec.json.encode(Marker(marker))))

    def compact(self) -> None:
        newest = {key: at for at, (key, _) in enumerate(self.records)}
        self.records = [one for at, one in enumerate(self.records) if newest[one[0]] == at and one[1]]

    def restored(self, *, fetch: int = 3) -> tuple[SeenIds, IdCheckpoint]:
        """Return what a new worker loads, a few records at a time."""
        ids = SeenIds(WINDOW_S, MOST)
        checkpoint = IdCheckpoint(ids)
        reader = CheckpointReader(10**9, START + 1e9, checkpoint)
        for first in range(0, len(self.records), fetch):
            keys, values = zip(*self.records[first : first + fetch], strict=True)
            _, refused = reader.restore(fetched(values, keys, partition=CHECKPOINT), Profiles(0))
            assert not refused
        checkpoint.restore()
        return ids, checkpoint


@dataclass
class Worker:
    """Sees ids that were never seen before, and writes checkpoints."""

    topic: Topic
    ids: SeenIds = field(default_factory=lambda: SeenIds(WINDOW_S, MOST))
    seen: int = 0
    clock: float = START

    def __post_init__(self) -> None:
        self.checkpoint = IdCheckpoint(self.ids)

    def see(self, count: int, *, later_s: float = 0.0) -> None:
        self.clock += later_s
        sent = [(number, 1.0, self.clock) for number in range(self.seen, self.seen + count)]
        self.ids.publish(self.ids.stage(columns(sent), arrivals(sent)))
        self.seen += count

    def save(self, *, marked: bool = True) -> int:
        records = list(self.checkpoint.records(self.seen))
        self.topic.write(records, self.seen if marked and records else None)
        if marked:
            self.checkpoint.written()
        return len(records)

    def restart(self) -> None:
        self.ids, self.checkpoint = self.topic.restored()


def test_what_is_saved_is_loaded_to_the_bit() -> None:
    worker = Worker(Topic())
    for count in (10, 3_000, 5_000, 50_000, 1):
        worker.see(count, later_s=50.0)
        worker.save()
        assert whole(worker.topic.restored()[0]) == whole(worker.ids)
    worker.topic.compact()
    assert whole(worker.topic.restored()[0]) == whole(worker.ids)


def test_a_restarted_worker_continues_the_chunks() -> None:
    worker = Worker(Topic())
    for count in (10, 6_000, 100, 2_000):
        worker.see(count, later_s=50.0)
        worker.save()
        worker.restart()
    worker.topic.compact()
    assert whole(worker.topic.restored()[0]) == whole(worker.ids)
    assert len(worker.topic.records) == 3  # a full chunk, the one that is filled, and the marker


def test_little_is_written_again_and_nothing_where_nothing_changed() -> None:
    worker = Worker(Topic())
    worker.see(3 * MOST_IN_CHUNK)
    assert worker.save() == 3
    assert worker.save() == 0
    worker.see(FULL)
    assert worker.save() == 1
    worker.see(1)
    assert worker.save() == 1


def test_forgotten_chunks_leave_the_topic() -> None:
    worker = Worker(Topic())
    for _ in range(100):
        worker.see(FULL, later_s=200.0)
        worker.save()
    worker.topic.compact()
    assert len(worker.topic.records) < 22  # a window is 16 steps
    assert whole(worker.topic.restored()[0]) == whole(worker.ids)
    worker.see(1, later_s=10 * WINDOW_S)
    worker.save()
    worker.topic.compact()
    assert len(worker.topic.records) == 2
    assert whole(worker.topic.restored()[0]) == whole(worker.ids)


def test_time_that_passes_without_new_ids_is_saved() -> None:
    worker = Worker(Topic())
    worker.see(10)
    worker.save()
    again = [(0, 1.0, START + 100.0)]
    worker.ids.publish(worker.ids.stage(columns(again), arrivals(again)))
    assert worker.save() == 1
    assert whole(worker.topic.restored()[0]) == whole(worker.ids)


def test_chunks_without_their_marker_do_not_count() -> None:
    worker = Worker(Topic())
    worker.see(100)
    worker.save()
    saved = whole(worker.ids)
    worker.see(20_000)
    worker.save(marked=False)
    assert whole(worker.topic.restored()[0]) == saved


def test_chunks_without_a_marker_yield_to_those_that_come_after() -> None:
    worker = Worker(Topic())
    worker.see(5_000)
    worker.save()
    worker.see(20_000)
    worker.save(marked=False)
    worker.restart()
    worker.seen = 5_000
    worker.see(30_000)
    worker.save()
    assert whole(worker.topic.restored()[0]) == whole(worker.ids)
    worker.topic.compact()
    assert whole(worker.topic.restored()[0]) == whole(worker.ids)


def test_after_a_lost_chunk_the_ids_behind_it_are_known() -> None:
    worker = Worker(Topic())
    for _ in range(4):
        worker.see(FULL, later_s=10.0)
        worker.save()
    lost = id_chunk.key_of(FULL)
    worker.topic.records = [one for one in worker.topic.records if one[0] != lost]
    ids, _ = worker.topic.restored()
    assert (ids.extent.begin, ids.extent.end) == (2 * FULL, 4 * FULL)
    sent = [(number, 1.0, START) for number in (0, 2 * FULL, 4 * FULL - 1, 4 * FULL)]
    assert ids.stage(columns(sent), arrivals(sent)).verdict.tolist() == [0, 1, 1, 0]


def test_the_key_of_a_chunk_is_never_that_of_an_entity() -> None:
    assert len(id_chunk.key_of(0)) > MAX_KEY_BYTES
    assert id_chunk.is_key(id_chunk.key_of(2**60))
    assert not id_chunk.is_key(b"c" * 72)


@pytest.mark.parametrize(
    "changed",
    [
        {"version": 2},
        {"position": -1},
        {"first": -1},
        {"first": 1 << 63},
        {"clock": float("nan")},
        {"clock": -1.0},
        {"starts": b"123"},
        {"starts": np.array([5, 5]).tobytes(), "since": np.array([1.0, 1.0]).tobytes()},
        {"starts": np.array([99]).tobytes()},
        {"since": np.array([float("nan")]).tobytes()},
        {"since": np.array([START + 1]).tobytes()},
        {"hashes": b"12345678"},
        {"hashes": b"\x01" * 8 * (MOST_IN_CHUNK + 1), "bodies": b"\x01" * 4 * (MOST_IN_CHUNK + 1)},
        {"bodies": "text"},
    ],
)
def test_an_impossible_chunk_is_refused(changed: dict[str, object]) -> None:
    worker = Worker(Topic())
    worker.see(3)
    [(_, value)] = worker.checkpoint.records(3)
    names = ("version", "position", "first", "clock", "starts", "since", "hashes", "bodies")
    stored = dict(zip(names, msgspec.msgpack.decode(value or b""), strict=True))
    assert id_chunk.decode(msgspec.msgpack.encode(list(stored.values()))).end == 3
    with pytest.raises(ForeignBatch):
        id_chunk.decode(msgspec.msgpack.encode(list((stored | changed).values())))


def test_a_foreign_chunk_is_skipped_by_name() -> None:
    ids = SeenIds(WINDOW_S, MOST)
    batch = fetched([b"noise", None], [id_chunk.key_of(0)] * 2, partition=CHECKPOINT)
    _, refused = CheckpointReader(10, START, IdCheckpoint(ids)).restore(batch, Profiles(0))
    assert [one.detail for one in refused] == ["not a chunk of ids"]
