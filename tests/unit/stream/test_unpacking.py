"""Compressed batches are read within a bound; larger ones are skipped, and the stream continues."""

from __future__ import annotations

import gzip
import tracemalloc

import cramjam
import numpy as np
import pytest
from aiokafka import codec as aiokafka_codec
from hypothesis import given
from hypothesis import strategies as st

from contracts.dead_letter import TOO_LARGE_UNPACKED, UNREADABLE
from stream.wire.reader import read_records
from stream.wire.sections import MOST_RECORDS
from stream.wire.unpacking import TooLargeUnpacked, Unreadable, unpack
from tests.unit.stream.test_record_batches import GZIP, LZ4, SNAPPY, ZSTD, batch_by_aiokafka

CODECS = {GZIP: "gzip", SNAPPY: "snappy", LZ4: "lz4", ZSTD: "zstd"}
PACK = {
    GZIP: aiokafka_codec.gzip_encode,
    SNAPPY: aiokafka_codec.snappy_encode,
    LZ4: aiokafka_codec.lz4_encode,
    ZSTD: aiokafka_codec.zstd_encode,
}
MIB = 1 << 20


@pytest.fixture(params=CODECS, ids=CODECS.get)
def codec(request: pytest.FixtureRequest) -> int:
    found: int = request.param
    return found


@given(st.sampled_from(list(CODECS)), st.binary(max_size=5_000), st.integers(1, 40))
def test_what_producers_pack_comes_back(codec: int, data: bytes, times: int) -> None:
    assert unpack(codec, PACK[codec](data * times)).tobytes() == data * times


def test_a_bomb_is_refused_without_its_memory(codec: int) -> None:
    bomb = PACK[codec](b"\0" * (64 * MIB))
    tracemalloc.start()
    with pytest.raises(TooLargeUnpacked):
        unpack(codec, bomb, 8 * MIB)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * MIB


@pytest.mark.parametrize("codec", [GZIP, LZ4, ZSTD])  # snappy reaches 21 at most
def test_the_ratio_is_bounded_too(codec: int) -> None:
    noise = np.random.default_rng(0).bytes(20_000)
    with pytest.raises(TooLargeUnpacked):
        unpack(codec, PACK[codec](noise + b"\0" * (30 * MIB)), 32 * MIB)
    assert len(unpack(codec, PACK[codec](noise * 10), 32 * MIB)) == 200_000


@given(st.sampled_from(list(CODECS)), st.binary(max_size=400), st.data())
def test_damaged_data_is_refused_by_name(codec: int, noise: bytes, data: st.DataObject) -> None:
    packed = bytearray(PACK[codec](noise * 3))
    for _ in range(data.draw(st.integers(1, 5))):
        packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    try:
        unpack(codec, bytes(packed)[: data.draw(st.integers(0, len(packed)))], MIB)
    except (TooLargeUnpacked, Unreadable):
        return


def test_snappy_that_claims_4_gib_is_refused_before_anything_is_allocated() -> None:
    with pytest.raises(TooLargeUnpacked):
        unpack(SNAPPY, b"\xff\xff\xff\xff\x0fabc")


def test_members_of_gzip_that_follow_each_other_are_read_as_one() -> None:
    assert unpack(GZIP, gzip.compress(b"a") + gzip.compress(b"b") + b"\0\0").tobytes() == b"ab"
    with pytest.raises(Unreadable):
        unpack(GZIP, gzip.compress(b"a")[:-3])


def test_both_forms_of_snappy_are_read() -> None:
    assert unpack(SNAPPY, bytes(cramjam.snappy.compress_raw(b"plain"))).tobytes() == b"plain"
    with pytest.raises(Unreadable):
        unpack(SNAPPY, aiokafka_codec.snappy_encode(b"framed")[:-1])


def bomb(codec: int, base_offset: int) -> bytes:
    return batch_by_aiokafka([(b"k", b"\0" * (3 * MIB))] * 2, base_offset, codec)


def test_records_around_a_bomb_are_read_and_its_offsets_are_named(codec: int) -> None:
    before, after = batch_by_aiokafka([(b"k", b"a")], 0), batch_by_aiokafka([(b"k", b"b")], 3, codec)
    read = read_records(before + bomb(codec, 1) + after, from_offset=0, most_bytes=4 * MIB)
    assert read.values.to_list() == [b"a", b"b"]
    assert read.next_offset == 4
    (refused,) = read.refused
    assert (refused.first, refused.last, refused.records, refused.reason) == (1, 2, 2, TOO_LARGE_UNPACKED)


def test_damage_inside_a_valid_checksum_is_named_and_the_rest_is_read(codec: int) -> None:
    damaged = bytearray(batch_by_aiokafka([(b"k", b"x" * 50)] * 3, 1, codec))
    damaged[61:81] = b"\xff" * 20
    whole = batch_by_aiokafka([(b"k", b"a")], 0) + damaged + batch_by_aiokafka([(b"k", b"b")], 4)
    read = read_records(whole, from_offset=0, check_crc=False)
    assert read.values.to_list() == [b"a", b"b"]
    assert [(one.first, one.last, one.reason) for one in read.refused] == [(1, 3, UNREADABLE)]


def test_a_fetch_that_is_too_large_together_is_read_in_parts(codec: int) -> None:
    noise = np.random.default_rng(1).bytes(MIB)
    whole = b"".join(batch_by_aiokafka([(None, noise)], offset, codec) for offset in range(5))
    offset, values = 0, list[bytes | None]()
    while offset < 5:
        read = read_records(whole, from_offset=offset, most_bytes=5 * MIB // 2)
        assert 0 < len(read) <= 2
        assert not read.refused
        offset, values = read.next_offset, values + read.values.to_list()
    assert values == [noise] * 5


def test_a_batch_of_too_many_records_is_refused() -> None:
    many = batch_by_aiokafka([(None, None)] * (MOST_RECORDS + 1), 0, ZSTD)
    read = read_records(many, from_offset=0)
    assert (len(read), read.next_offset, read.refused[0].reason) == (0, MOST_RECORDS + 1, TOO_LARGE_UNPACKED)
