"""A message that no stage has written is skipped by name, and the messages around it are read."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from contracts.dead_letter import FOREIGN, FORGED
from contracts.seal import Forged, Seal
from contracts.stage_batch import LOST_KEY, NOTICE_KEY, BatchNotice, LostRows, stage_schema, to_message
from stream.batch import Batch, to_record_batch
from stream.stages.stage_messages import StageMessages
from tests.batches import batch_of
from tests.stage_messages import BOUNDS, fetched, read_messages

SCHEMA = stage_schema(["card", "merchant"], 4)
KEY = b"a key of enough length"


def message_of(batch: Batch) -> bytes:
    message: bytes = to_message(to_record_batch(batch, SCHEMA)).to_pybytes()
    return message


GOOD = message_of(batch_of(3))


def with_offsets_outside_the_data() -> bytes:
    """Return a batch whose ids claim to end 2 GB after their bytes: reading one ends the process."""
    offsets = np.array([0, 4, 8, 12], np.int32).tobytes()
    wrong = np.array([0, 4, 2_000_000_000, 12], np.int32).tobytes()
    assert offsets in GOOD
    return GOOD.replace(offsets, wrong, 1)


def compressed() -> bytes:
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, SCHEMA, options=options) as writer:
        writer.write_batch(to_record_batch(batch_of(1_000), SCHEMA))
    message: bytes = sink.getvalue().to_pybytes()
    return message


def with_nulls() -> bytes:
    rows = to_record_batch(batch_of(3), SCHEMA)
    columns = [pa.nulls(3, rows.schema.field(0).type), *rows.columns[1:]]
    message: bytes = to_message(pa.RecordBatch.from_arrays(columns, schema=SCHEMA)).to_pybytes()
    return message


def with_time(seconds: float) -> bytes:
    batch = batch_of(3)
    return message_of(replace(batch, columns=replace(batch.columns, time=np.full(3, seconds))))


def with_feature(value: float) -> bytes:
    batch = batch_of(3)
    batch.features[1, 2] = value
    return message_of(batch)


HOSTILE = {
    "noise": b"not arrow",
    "nothing": None,
    "cut": GOOD[: len(GOOD) // 2],
    "offsets outside the data": with_offsets_outside_the_data(),
    "compressed": compressed(),
    "nulls": with_nulls(),
    "another configuration": to_message(
        to_record_batch(batch_of(2, 5), stage_schema(["card", "merchant"], 5))
    ).to_pybytes(),
    "another partition": message_of(replace(batch_of(3), source_partition=np.full(3, 7, np.int32))),
    "a time after 2100": with_time(1e18),
    "no time": with_time(float("nan")),
    "a feature that is no number": with_feature(float("nan")),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_foreign_batch_is_skipped_and_its_neighbours_are_read(name: str) -> None:
    rows, refused = read_messages([GOOD, HOSTILE[name], GOOD], SCHEMA)
    assert rows.num_rows == 6
    assert [(one.first, one.records, one.reason) for one in refused] == [(1, 1, FOREIGN)]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (NOTICE_KEY, b"noise"),
        (NOTICE_KEY, None),
        (LOST_KEY, b"noise"),
        (LOST_KEY, msgspec.msgpack.encode(LostRows(-2, 1))),
        (b"other", msgspec.msgpack.encode(BatchNotice(0, 3, 3))),
        (NOTICE_KEY, msgspec.msgpack.encode(BatchNotice(3, 3, 0))),
        (NOTICE_KEY, msgspec.msgpack.encode(BatchNotice(0, 3, 4))),
        (NOTICE_KEY, msgspec.msgpack.encode(BatchNotice(0, 1 << 63, 3))),
    ],
)
def test_a_foreign_notice_is_skipped_and_its_neighbours_are_read(key: bytes, value: bytes | None) -> None:
    good = msgspec.msgpack.encode(BatchNotice(0, 3, 3))
    batch = fetched([good, value, good], [NOTICE_KEY, key, NOTICE_KEY])
    read = StageMessages(SCHEMA, BOUNDS, Seal()).read_notices(batch, np.arange(3))
    assert [offset for offset, _ in read.batches] == [0, 2]
    assert [(one.first, one.reason) for one in read.refused] == [(1, FOREIGN)]


def test_with_a_key_only_messages_with_its_seal_for_this_place_are_read() -> None:
    seal, other = Seal([KEY]), Seal([b"another key of length"])
    messages = [
        GOOD + seal.of("returned", 0, GOOD),
        GOOD,
        GOOD + other.of("returned", 0, GOOD),
        GOOD + seal.of("returned", 1, GOOD),
        GOOD[:-1] + b"x" + seal.of("returned", 0, GOOD),
    ]
    rows, refused = read_messages(messages, SCHEMA, Seal([KEY]))
    assert rows.num_rows == 3
    assert [(one.first, one.reason) for one in refused] == [(offset, FORGED) for offset in (1, 2, 3, 4)]


def test_a_new_key_is_introduced_while_messages_under_the_old_one_are_read() -> None:
    old, new = Seal([KEY]), Seal([b"the new key of length", KEY])
    sealed = GOOD + old.of("returned", 0, GOOD)
    assert bytes(new.opened(sealed, "returned", 0)) == GOOD
    with pytest.raises(Forged):
        old.opened(GOOD + new.of("returned", 0, GOOD), "returned", 0)


def test_a_first_key_can_be_introduced_before_every_message_is_sealed() -> None:
    lenient = Seal([KEY], accept_unsealed=True)
    assert bytes(lenient.opened(GOOD, "returned", 0)) == GOOD
    with pytest.raises(Forged):
        lenient.opened(GOOD + Seal([b"a foreign key of length"]).of("returned", 0, GOOD), "returned", 0)


def test_a_seal_shows_no_key() -> None:
    assert "enough" not in repr(Seal([KEY]))
