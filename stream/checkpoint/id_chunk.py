"""The ids that a partition has seen, as records of its checkpoint: a chunk of consecutive ids in each."""

from typing import Final

import msgspec
import numpy as np

from contracts.stage_batch import ForeignBatch
from contracts.undecodable import UNDECODABLE
from features.schema import MAX_KEY_BYTES
from features.seen_ids import Extent
from features.seen_kernels import Bodies, Words

MOST_IN_CHUNK: Final = 16_384  # ids; such a record has 200 KB
VERSION: Final = 1

# Longer than the key of an entity can be, so that the two never meet.
_KEY: Final = b"seen ids".ljust(MAX_KEY_BYTES, b" ")
_PAST_NUMBERS: Final = 1 << 62
_LAST_ARRIVAL_S: Final = 1e11  # the year 5138


class _Stored(msgspec.Struct, frozen=True, array_like=True):
    """Arrays are the bytes of their numbers, little-endian."""

    version: int
    position: int
    first: int
    clock: float
    starts: bytes
    since: bytes
    hashes: bytes
    bodies: bytes


class IdChunk(msgspec.Struct, frozen=True):
    """Consecutive ids, and what was known when they were written.

    Attributes:
        position: the ids include the input up to this offset.
        first: sequence number of the first id.
        hashes: of the ids, uint64 (k,), k at most `MOST_IN_CHUNK`.
        bodies: hashes of their bodies, uint32 (k,).
        extent: of all ids; as decoded, of those up to the end of this chunk.
    """

    position: int
    first: int
    hashes: Words
    bodies: Bodies
    extent: Extent

    @property
    def end(self) -> int:
        """Sequence number after the last id."""
        return self.first + len(self.hashes)


def key_of(first: int) -> bytes:
    """Return the record key of the chunk that begins at a sequence number."""
    return _KEY + first.to_bytes(8, "big")


def is_key(key: bytes) -> bool:
    """Return whether a record key is that of a chunk."""
    return len(key) == len(_KEY) + 8 and key.startswith(_KEY)


def encode(chunk: IdChunk) -> bytes:
    """Return the record value of a chunk."""
    extent = chunk.extent
    arrays = (extent.starts, extent.since, chunk.hashes, chunk.bodies)
    parts = [array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes() for array in arrays]
    return msgspec.msgpack.encode(_Stored(VERSION, chunk.position, chunk.first, extent.clock, *parts))


def decode(value: bytes) -> IdChunk:
    """Read the record value of a chunk.

    Raises:
        ForeignBatch: it is not a chunk, or an impossible one.
    """
    try:
        stored = msgspec.msgpack.decode(value, type=_Stored)
        hashes, bodies = np.frombuffer(stored.hashes, "<u8"), np.frombuffer(stored.bodies, "<u4")
        starts, since = np.frombuffer(stored.starts, "<i8"), np.frombuffer(stored.since, "<f8")
    except (*UNDECODABLE, ValueError) as error:
        raise ForeignBatch("not a chunk of ids") from error
    end = stored.first + len(hashes)
    sound = (
        stored.version == VERSION
        and stored.position >= 0
        and 0 <= stored.first < _PAST_NUMBERS
        and 0.0 <= stored.clock <= _LAST_ARRIVAL_S
        and len(hashes) == len(bodies) <= MOST_IN_CHUNK
        and len(starts) == len(since)
        and bool((np.diff(starts) > 0).all() and (np.diff(since) >= 0.0).all())
        and (not len(starts) or bool(0 <= starts[0] <= end and since[-1] <= stored.clock))
    )
    if not sound:
        raise ForeignBatch("an impossible chunk of ids")
    begun = starts <= end  # the rest is in the chunks after this one
    extent = Extent(int(starts[0]) if len(starts) else end, end, stored.clock, starts[begun], since[begun])
    return IdChunk(stored.position, stored.first, hashes, bodies, extent)
