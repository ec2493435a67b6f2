"""Formats values for pages: amounts, times, shares and counts."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo

NOTHING = "–"
_MASK = re.compile(r"\*{4,}")
_STEPS = ((1e9, "B"), (1e6, "M"), (1e3, "K"))


def amount(value: float | None, currency: str | None) -> str:
    """Format an amount with its currency code: «EUR 1,204.50»."""
    return NOTHING if value is None else f"{currency or ''} {value:,.2f}".strip()


def local_time(seconds: float, zone: tzinfo) -> str:
    """Format a time in the viewer's zone: «24 Nov 2026, 17:35:28»."""
    return f"{datetime.fromtimestamp(seconds, zone):%-d %b %Y, %H:%M:%S}"


def utc_time(seconds: float) -> str:
    """Format a time in UTC, to compare with logs: «2026-11-24 17:35:28 UTC»."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"


def masked(token: str) -> str:
    """Shorten the mask of a token; people compare its end.

    >>> masked("tok_41**********1111"), masked("shop")
    ('tok_41••••1111', 'shop')
    """
    return _MASK.sub("••••", token)


def rarity(tail: float | None) -> str:
    """Format a share of genuine traffic: «1 in 48.2K»."""
    return f"1 in {short(1 / tail)}" if tail else NOTHING


def short(value: float | None) -> str:
    """Format a number with three significant digits: 48.2K, 1.3M.

    >>> short(48_210), short(999), short(0.5), short(1_250_000), short(999_999_999.9)
    ('48.2K', '999', '0.5', '1.25M', '1B')
    """
    if value is None:
        return NOTHING
    for step, letter in _STEPS:
        if abs(value) >= 0.9995 * step:  # three digits round it up to the step
            return f"{value / step:.3g}{letter}"
    return f"{value:.3g}"


def percent(share: float | None, digits: int = 1) -> str:
    """Format a share as a percentage: «12.5%»."""
    return NOTHING if share is None else f"{share:.{digits}%}"


def seconds(milliseconds: float | None) -> str:
    """Format milliseconds as seconds: «0.6 s»."""
    return NOTHING if milliseconds is None else f"{milliseconds / 1000:.1f} s"


def count(number: float | None, one: str, many: str = "") -> str:
    """Format a number with its noun: «1 alert», «12 alerts»."""
    if number is None:
        return NOTHING
    return f"{number:,.0f} {one if number == 1 else many or one + 's'}"
