"""Our producers and Kafka's own map a key to the same partition."""

from aiokafka.partitioner import murmur2
from hypothesis import given
from hypothesis import strategies as st

from features.byte_strings import ByteStrings
from stream.wire.partitioner import partition_by_key


@given(st.lists(st.binary(max_size=40), min_size=1), st.integers(1, 64))
def test_partition_is_that_of_the_java_client(keys: list[bytes], partitions: int) -> None:
    expected = [(murmur2(key) & 0x7FFFFFFF) % partitions for key in keys]
    assert partition_by_key(ByteStrings.from_list(keys), partitions).tolist() == expected
