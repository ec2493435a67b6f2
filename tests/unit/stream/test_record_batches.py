"""Our columns and aiokafka's record objects agree on the same bytes."""

import pytest
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c
from hypothesis import given
from hypothesis import strategies as st

from features.byte_strings import ByteStrings
from stream.wire.reader import read_records
from stream.wire.writer import EncodedBatch

Record = tuple[bytes | None, bytes | None]
RECORDS = st.lists(
    st.tuples(st.none() | st.binary(max_size=90), st.none() | st.binary(max_size=300)), min_size=1
)
NO_CODEC, GZIP, SNAPPY, LZ4, ZSTD = range(5)


def batch_by_aiokafka(
    records: list[Record], base_offset: int = 0, codec: int = NO_CODEC, producer_id: int = -1
) -> bytes:
    builder = DefaultRecordBatchBuilder(2, codec, int(producer_id >= 0), producer_id, 0, 0, 1 << 24)
    for i, (key, value) in enumerate(records):
        builder.append(i, 1_700_000_000_000 + 7 * i, key, value, [("trace", b"x")])
    data = bytearray(builder.build())
    data[:8] = base_offset.to_bytes(8, "big")
    return bytes(data)


@given(RECORDS, st.sampled_from([NO_CODEC, GZIP, SNAPPY, LZ4, ZSTD]), st.integers(0, 2**40))
def test_reads_what_aiokafka_wrote(records: list[Record], codec: int, base_offset: int) -> None:
    data = batch_by_aiokafka(records, base_offset, codec) + batch_by_aiokafka(
        records, base_offset + len(records)
    )
    read = read_records(data, from_offset=base_offset)
    assert read.keys.to_list() == [key for key, _ in records] * 2
    assert read.values.to_list() == [value for _, value in records] * 2
    assert read.offset.tolist() == list(range(base_offset, base_offset + 2 * len(records)))
    assert read.timestamp.tolist() == [1_700_000_000_000 + 7 * i for i in range(len(records))] * 2
    assert read.next_offset == base_offset + 2 * len(records)


@given(RECORDS, st.integers(-1, 2**40), st.booleans())
def test_aiokafka_reads_what_we_wrote(records: list[Record], producer_id: int, transactional: bool) -> None:
    keys, values = (ByteStrings.from_list(list(column)) for column in zip(*records, strict=True))
    batch = EncodedBatch(keys, values, timestamp=1_700_000_000_123)
    if producer_id >= 0:
        batch._set_producer_state(producer_id, 3, 77, transactional=transactional)
    data = batch._build()
    assert len(data) == batch.size()
    read = DefaultRecordBatch(bytearray(data))
    assert read.validate_crc()
    assert (read.producer_id, read.is_transactional) == (producer_id, transactional and producer_id >= 0)
    assert [(r.offset, r.key, r.value, r.timestamp) for r in read] == [
        (i, key, value, 1_700_000_000_123) for i, (key, value) in enumerate(records)
    ]


def test_a_batch_sent_again_by_another_producer_carries_its_id() -> None:
    batch = EncodedBatch(None, ByteStrings.from_list([b"score"]), timestamp=1)
    for producer_id in (11, 12):
        batch._set_producer_state(producer_id, 0, 0)
        read = DefaultRecordBatch(bytearray(batch._build()))
        assert read.validate_crc()
        assert read.producer_id == producer_id


def test_records_before_the_fetch_offset_and_a_cut_last_batch_are_left_out() -> None:
    whole = batch_by_aiokafka([(b"k", b"%d" % i) for i in range(10)], base_offset=100)
    read = read_records(whole + whole[:-1], from_offset=104)
    assert read.offset.tolist() == [104, 105, 106, 107, 108, 109]
    assert read.next_offset == 110


def test_what_a_producer_aborted_is_left_out_and_what_it_sent_later_is_not() -> None:
    aborted = batch_by_aiokafka([(b"k", b"aborted")], base_offset=0, producer_id=5)
    other = batch_by_aiokafka([(b"k", b"other")], base_offset=1, producer_id=6)
    marker = control_marker(base_offset=2, producer_id=5, commit=False)
    later = batch_by_aiokafka([(b"k", b"later")], base_offset=3, producer_id=5)
    read = read_records(aborted + other + marker + later, from_offset=0, aborted=[(5, 0)])
    assert read.values.to_list() == [b"other", b"later"]
    assert read.next_offset == 4


def test_a_flipped_byte_is_noticed() -> None:
    data = bytearray(batch_by_aiokafka([(b"k", b"value")]))
    data[-2] ^= 1
    with pytest.raises(CorruptRecordException, match="checksum"):
        read_records(bytes(data), from_offset=0)
    assert len(read_records(bytes(data), from_offset=0, check_crc=False)) == 1


@given(st.binary(max_size=400), st.data())
def test_rubbish_is_refused_or_read_but_never_read_past_its_end(noise: bytes, data: st.DataObject) -> None:
    whole = bytearray(batch_by_aiokafka([(b"key", noise)] * 3))
    for _ in range(3):
        whole[data.draw(st.integers(61, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = read_records(bytes(whole), from_offset=0, check_crc=False)
    except CorruptRecordException:
        return
    assert (read.values.end <= len(whole)).all()


def control_marker(base_offset: int, producer_id: int, commit: bool) -> bytes:
    key = (0).to_bytes(2, "big") + int(commit).to_bytes(2, "big")
    data = bytearray(batch_by_aiokafka([(key, b"\0\0\0\0\0\0")], base_offset, producer_id=producer_id))
    data[21:23] = (0x30).to_bytes(2, "big")  # transactional and control
    data[17:21] = calc_crc32c(bytes(data[21:])).to_bytes(4, "big")
    return bytes(data)
