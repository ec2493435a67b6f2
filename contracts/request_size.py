"""The size of a request, which must fit one record of the topic."""

from __future__ import annotations

import msgspec

from contracts.request import Request

MOST_BYTES = 768 * 1024
"""A producer sends 1 MiB at most by default; a quarter is left for signatures and headers."""


class RequestTooLarge(ValueError):
    """A request with too many or too long ids."""


def encode_request(request: Request) -> bytes:
    """Return a request as JSON.

    Raises:
        RequestTooLarge: It has more than `MOST_BYTES` bytes; the message says how many ids it holds.
    """
    value = msgspec.json.encode(request)
    if len(value) > MOST_BYTES:
        ids = len(request.fraud) + len(request.genuine)
        raise RequestTooLarge(
            f"the request has {len(value):,} bytes with {ids:,} ids, allowed are {MOST_BYTES:,} bytes: "
            "divide it into several requests"
        )
    return value
