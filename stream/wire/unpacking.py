"""Decompress a record batch within a bound: 16 KB of zstd can become 512 MiB."""

import zlib
from collections.abc import Callable
from typing import Any, Final

import cramjam
import numpy as np
from numpy.typing import NDArray

DEFAULT_MOST_BYTES: Final = 32 << 20
# Payments in JSON compress 5 to 20 times. Up to 1 MiB any ratio passes: identical test records reach 5,000.
MOST_RATIO: Final = 200
ANY_RATIO_BYTES: Final = 1 << 20
# Most batches compress less, so the first attempt reserves no more than it needs.
_USUAL_RATIO, _USUAL_BYTES = 24, 64 << 10

_GZIP_WINDOW: Final = 31  # zlib's number for a gzip header and its largest window
_XERIAL: Final = b"\x82SNAPPY\x00"
_XERIAL_HEADER_BYTES: Final = 16
_FULL: Final = "failed to write whole buffer"

Bytes = NDArray[np.uint8]


class TooLargeUnpacked(Exception):
    """The data is larger than allowed after decompression."""


class Unreadable(Exception):
    """The data is not in the format of its codec."""


def unpack(codec: int, data: bytes, most: int = DEFAULT_MOST_BYTES) -> Bytes:
    """Decompress the records of one batch. No more than the bound is ever allocated.

    Args:
        codec: number of the codec in the batch's attributes: 1 gzip, 2 snappy, 3 lz4, 4 zstd.
        data: the compressed bytes.
        most: largest size in bytes after decompression. More than 1 MiB must also be within 200 times `data`.

    Returns:
        The bytes, uint8 (n,).

    Raises:
        TooLargeUnpacked: the data is larger than that.
        Unreadable: the data is damaged, or the codec is unknown.
    """
    if codec not in _UNPACK:
        raise Unreadable(f"unknown codec {codec}")
    allowed = min(most, max(ANY_RATIO_BYTES, MOST_RATIO * len(data)))
    try:
        return _UNPACK[codec](data, allowed)
    except (cramjam.DecompressionError, zlib.error) as error:
        raise Unreadable(str(error)[:100]) from error


def _ungzip(data: bytes, allowed: int) -> Bytes:
    parts: list[bytes] = []
    left = allowed
    while data := data.lstrip(b"\0"):  # members may follow each other, with padding
        member = zlib.decompressobj(_GZIP_WINDOW)
        part = member.decompress(data, left + 1)
        if len(part) > left:
            raise TooLargeUnpacked(f"over {allowed:,} bytes")
        if not member.eof:
            raise Unreadable("the gzip data is cut")
        parts.append(part)
        left -= len(part)
        data = member.unused_data
    return np.frombuffer(b"".join(parts), np.uint8)


def _unsnap(data: bytes, allowed: int) -> Bytes:
    """Read snappy's plain form, or the framed form of Java clients."""
    if not data.startswith(_XERIAL):
        return _unsnap_block(data, allowed)
    parts: list[Bytes] = []
    left, at = allowed, _XERIAL_HEADER_BYTES
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        block = data[at + 4 : at + 4 + size]
        if len(block) < size:
            raise Unreadable("the snappy data is cut")
        parts.append(_unsnap_block(block, left))
        left -= len(parts[-1])
        at += 4 + size
    return np.concatenate(parts) if parts else np.empty(0, np.uint8)


def _unsnap_block(data: bytes, allowed: int) -> Bytes:
    if cramjam.snappy.decompress_raw_len(data) > allowed:
        raise TooLargeUnpacked(f"over {allowed:,} bytes")
    unpacked: Any = cramjam.snappy.decompress_raw(data)
    return np.frombuffer(unpacked, np.uint8)


def _into(codec: Any) -> Callable[[bytes, int], Bytes]:
    """Return a function that decompresses into room of a fixed size, first a usual one, then all allowed."""

    def unpack_into(data: bytes, allowed: int) -> Bytes:
        usual = min(allowed, _USUAL_RATIO * len(data) + _USUAL_BYTES)
        for room in (usual, allowed):
            out = np.empty(room, np.uint8)
            try:
                return out[: codec.decompress_into(data, out)]
            except cramjam.DecompressionError as error:
                if _FULL not in str(error):
                    raise
        raise TooLargeUnpacked(f"over {allowed:,} bytes")

    return unpack_into


_UNPACK: Final[dict[int, Callable[[bytes, int], Bytes]]] = {
    1: _ungzip,
    2: _unsnap,
    3: _into(cramjam.lz4),
    4: _into(cramjam.zstd),
}
