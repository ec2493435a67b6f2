"""Masks card data in what people type into a request."""

from __future__ import annotations

import msgspec

from contracts.card_numbers import mask_card_numbers
from contracts.request import Request


def masked(request: Request) -> Request:
    """Return a request without card numbers: in its names and reason, and in ids, which are stored masked."""
    return msgspec.structs.replace(
        request,
        author=mask_card_numbers(request.author),
        name=mask_card_numbers(request.name),
        reason=mask_card_numbers(request.reason),
        source=mask_card_numbers(request.source),
        fraud=tuple(map(mask_card_numbers, request.fraud)),
        genuine=tuple(map(mask_card_numbers, request.genuine)),
    )
