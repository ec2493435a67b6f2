"""Masks card data in text, so that none reaches a table, a topic or a log (PCI DSS 4.0.1, 3.3 and 3.4.1).

The rules are those of `features.card_numbers`, which searches records: digits of any script, up to three
separators between two of them, letters beside them. A test compares both. This one is for short texts.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from itertools import pairwise

SHOWN_FIRST, SHOWN_LAST = 6, 4
FEWEST, MOST = 13, 19  # digits

_SEPARATORS = (
    r" \-./_+~*\u00a0\u00ad\u00b7\u2000-\u2015\u2022\u2024\u2027\u202f\u205f\u2060\u2212\u3000\u30fb\ufeff"
    r"\uff0d\uff0e\uff0f\uff3f\uff65"
)
CANDIDATE = re.compile(rf"\d(?:[{_SEPARATORS}]{{0,3}}\d){{12,}}")
"""Runs of digits and separators; they are searched for numbers."""
_GROUPS = re.compile(r"\d+")
_UUID = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Za-z])")
_HEXADECIMAL_ID = re.compile(
    r"(?<![0-9A-Za-z])(?:[0-9A-Fa-f]{64}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{32}|[0-9A-Fa-f]{24})(?![0-9A-Za-z])"
)
_SECRET_FIELD = re.compile(
    r'("(?:c[av]v2?|cvc2?|cvn2?|csc|cid|pin(?:_?block)?|track_?[123]?(?:_?data)?|card_?verification\w*'
    r'|(?:card_?)?security_?code)"\s*:\s*)("(?:[^"\\]|\\.)*"?|[^\s,}\]]+)',
    re.IGNORECASE,
)
_DISCRETIONARY = re.compile(r"(\*{3}\d{4}[=D^][^?\s\"]{0,40}?)\d{7,}", re.IGNORECASE)


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
    runs = list(CANDIDATE.finditer(text))
    if not runs:
        return text
    excused = sorted(match.span() for kind in (_UUID, _HEXADECIMAL_ID) for match in kind.finditer(text))
    parts, done = [], 0
    for run in runs:
        for start, end, digits in _numbers_in(text, run.start(), run.end(), excused):
            hidden = "*" * (len(digits) - SHOWN_FIRST - SHOWN_LAST)
            parts += [text[done:start], digits[:SHOWN_FIRST], hidden, digits[-SHOWN_LAST:]]
            done = end
    return "".join([*parts, text[done:]])


def mask_card_data(text: str) -> str:
    """Mask card numbers, track data behind them, and fields such as `cvv` and `pin` of JSON.

    Example:
        >>> mask_card_data('{"pan":"4111111111111111","cvv":"123"}')
        '{"pan":"411111******1111","cvv":"***"}'
    """
    return _DISCRETIONARY.sub(r"\1***", mask_card_numbers(_SECRET_FIELD.sub(r'\1"***"', text)))


def _numbers_in(
    text: str, start: int, end: int, excused: list[tuple[int, int]]
) -> list[tuple[int, int, str]]:
    """Return begin, end and digits of the card numbers in a run."""
    groups = [match.span() for match in _GROUPS.finditer(text, start, end)]
    found, over = [], start
    for k, (begin, _) in enumerate(groups):
        if begin < over:
            continue
        number = _number_of(text, groups, k)
        if number is None:
            continue
        past, digits = number
        excuse = _excuse_of(begin, past, excused)
        over = past if excuse is None else excuse
        if excuse is None:
            found.append((begin, past, digits))
    return found


def _number_of(text: str, groups: list[tuple[int, int]], first: int) -> tuple[int, str] | None:
    """Return the end and the digits of the number that begins with a group, or None."""
    digits, gaps = "", list[str]()
    for k in range(first, len(groups)):
        begin, end = groups[k]
        if k > first:
            gaps.append(text[groups[k - 1][1] : begin])
        digits += text[begin:end]
        if len(digits) > MOST:
            return None
        if len(digits) >= FEWEST:
            plain = "".join(str(unicodedata.decimal(digit)) for digit in digits)
            if passes_luhn(plain) and _counts(text, groups[first][0], end, digits, gaps, plain):
                return end, plain
    return None


def _counts(text: str, begin: int, end: int, written: str, gaps: list[str], plain: str) -> bool:
    """Return whether digits that pass the check are spelled as a card number is."""
    before, behind = text[max(0, begin - 2) : begin], re.compile(r"\.([0-9]+)|[A-Za-z]").match(text, end)
    dotted = any(a == b == "." for a, b in pairwise(gaps))
    decimals_before = re.fullmatch(r"[0-9]\.", before) is not None
    decimals = behind is not None and behind[1] is not None
    zeros = decimals and behind is not None and not behind[1].strip("0")
    if ("." in gaps or decimals_before) and not dotted:
        return False
    if decimals and not zeros:
        return False
    letters = bool(re.search(r"[A-Za-z]\Z", before)) or (behind is not None and behind[1] is None)
    usual = written.isascii() and set(gaps) <= {" ", "-"}
    on_track = before[-1:] in ("b", "B") and text[end : end + 1] == "^"
    plainly = usual and not letters and not zeros and not decimals_before
    return plainly or on_track or _is_of_a_card(plain)


def _is_of_a_card(digits: str) -> bool:
    """Return whether first digits and length are those of an issuer's cards (ISO/IEC 7812-1, annex A)."""
    leading, count = int(digits[:4]), len(digits)
    one, two, three = leading // 1_000, leading // 100, leading // 10
    if one == 4:
        return count in (13, 16, 19)
    if two in (34, 37):
        return count == 15
    if 300 <= three <= 305 or two in (36, 38, 39):
        return count >= 14
    if 2221 <= leading <= 2720:
        return count == 16
    others = one in (5, 6) or two in (35, 81, 82) or 2200 <= leading <= 2204 or leading == 9792
    return others and count >= 16


def _excuse_of(begin: int, end: int, excused: list[tuple[int, int]]) -> int | None:
    """Return the end of the UUID or id that a number is part of, or None."""
    k = bisect_right(excused, (begin, len(excused) and excused[-1][1])) - 1
    for span in excused[max(0, k - 1) : k + 1]:
        if span[0] <= begin and end <= span[1]:
            return span[1]
    return None
