"""Choose the partition of a key: as Kafka's own clients do, and between stages by a quicker hash."""

import numpy as np
from numpy.typing import NDArray

from features.byte_strings import ByteStrings
from features.compiling import short_kernel
from features.hashing import hash_strings


def partition_by_key(keys: ByteStrings, partitions: int) -> NDArray[np.int64]:
    """Return partitions, int64 (n,), equal to those of the Java client: murmur2, sign bit cleared, modulo.

    Transactions of a card from other producers must be in the same partition.
    """
    return _partitions(keys.buffer, keys.start, keys.end, partitions)


def partition_between_stages(keys: ByteStrings, partitions: int) -> NDArray[np.int64]:
    """Return partitions, int64 (n,), of topics between stages, which only stages write.

    Stored profiles are kept by these numbers, so they must never change.
    """
    return (hash_strings(keys) % np.uint64(partitions)).astype(np.int64)


def partition_of_profiles(entity: int, keys: ByteStrings, partitions: int) -> NDArray[np.int64]:
    """Return the partitions in which profiles are kept, int64 (n,).

    Args:
        entity: index of the entity; 0 is the primary one, by which transactions are keyed.
        keys: n keys of the entity.
        partitions: partitions of every data topic.
    """
    return (partition_between_stages if entity else partition_by_key)(keys, partitions)


@short_kernel
def _partitions(
    buffer: NDArray[np.uint8], start: NDArray[np.int64], end: NDArray[np.int64], partitions: int
) -> NDArray[np.int64]:
    out = np.empty(len(start), np.int64)
    for i in range(len(start)):
        out[i] = (_murmur2(buffer, start[i], end[i]) & 0x7FFFFFFF) % partitions
    return out


@short_kernel
def _murmur2(buffer: NDArray[np.uint8], start: int, end: int) -> int:
    """32-bit MurmurHash 2.0 with Kafka's seed. Source: Austin Appleby, 2008; Kafka's `Utils.murmur2`."""
    mask, m = 0xFFFFFFFF, 0x5BD1E995
    h = (0x9747B28C ^ (end - start)) & mask
    at = start
    while end - at >= 4:
        k = buffer[at] | (buffer[at + 1] << 8) | (buffer[at + 2] << 16) | (buffer[at + 3] << 24)
        k = (k * m) & mask
        k ^= k >> 24
        h = ((h * m) & mask) ^ ((k * m) & mask)
        at += 4
    for i in range(end - at - 1, -1, -1):
        h ^= buffer[at + i] << (8 * i)
    if end > at:
        h = (h * m) & mask
    h ^= h >> 13
    h = (h * m) & mask
    return h ^ (h >> 15)
