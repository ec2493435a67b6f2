"""Read the place of an alert's transaction, and nothing else of it."""

from __future__ import annotations

import msgspec

from contracts.undecodable import UNDECODABLE


class _Place(msgspec.Struct):
    partition: int
    offset: int


_decode = msgspec.json.Decoder(_Place).decode


def alert_place(value: bytes | None) -> tuple[int, int] | None:
    """Return partition and offset of the transaction in `transactions`; None where it is no alert.

    >>> alert_place(b'{"partition": 3, "offset": 4711, "reasons": []}')
    (3, 4711)
    """
    try:
        place = _decode(value or b"")
    except UNDECODABLE:
        return None
    return place.partition, place.offset
