"""Masks the middle digits of card numbers, so that none reaches a table (PCI DSS 4.0.1, 3.4.1)."""

import re
from typing import Any

from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator

# 13 to 19 digits with single blanks or hyphens between them (ISO/IEC 7812). Digits after a decimal point do
# not count, as in features/card_numbers.py: one in ten scores of an alert would pass the Luhn check.
CANDIDATE = re.compile(r"(?<!\d)(?<!\d\.)\d(?:[ -]?\d){12,18}(?!\d)")
SHOWN_FIRST, SHOWN_LAST = 6, 4


def passes_luhn(digits: str) -> bool:
    """Check the last digit against ISO/IEC 7812-1 (Luhn).

    Args:
        digits: decimal digits.

    Returns:
        Whether the last digit is the check digit of the others.

    Example:
        >>> passes_luhn("4111111111111111"), passes_luhn("4111111111111112")
        (True, False)
    """
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def mask_card_numbers(text: str) -> str:
    """Mask every card number in a text, except its first six and last four digits.

    Args:
        text: any text.

    Returns:
        The text with the other digits of card numbers replaced by `*`.

    Example:
        >>> mask_card_numbers("card 4111 1111 1111 1111 was seen")
        'card 411111******1111 was seen'
    """
    return CANDIDATE.sub(_masked, text)


def _masked(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match[0])
    if not passes_luhn(digits):
        return match[0]
    hidden = "*" * (len(digits) - SHOWN_FIRST - SHOWN_LAST)
    return digits[:SHOWN_FIRST] + hidden + digits[-SHOWN_LAST:]


class MaskedText(TypeDecorator[str]):
    """A column of free text whose card numbers are masked before they reach the database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else mask_card_numbers(value)
