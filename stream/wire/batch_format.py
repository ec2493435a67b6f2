"""The layout of a record batch's fixed header, format v2, big-endian."""

from typing import Final

import numpy as np

HEADER: Final = np.dtype(
    [
        ("base_offset", ">i8"),
        ("length", ">i4"),  # bytes that follow this field
        ("leader_epoch", ">i4"),
        ("magic", "i1"),
        ("crc", ">u4"),  # CRC-32C of everything from attributes on
        ("attributes", ">i2"),
        ("last_offset_delta", ">i4"),
        ("first_timestamp", ">i8"),  # milliseconds
        ("max_timestamp", ">i8"),
        ("producer_id", ">i8"),
        ("producer_epoch", ">i2"),
        ("base_sequence", ">i4"),
        ("record_count", ">i4"),
    ]
)
HEADER_BYTES: Final = HEADER.itemsize  # 61
BEFORE_LENGTH_ENDS: Final = 12  # base_offset and length are not counted by length
CRC_FROM: Final = 21  # where attributes begin
MAGIC: Final = 2

CODEC_MASK: Final = 0x07
LOG_APPEND_TIME: Final = 0x08
TRANSACTIONAL: Final = 0x10
CONTROL: Final = 0x20
