"""Compare the search for card numbers with a slow and plain one."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.card_numbers import has_card_number, may_hold_card_number

ARRIVAL = 1_750_000_000.0
LONG_AGO = -1e12  # an arrival far from every possible time
NUMBER = re.compile(r"\d(?:[ -]?\d){12,18}")


def passes_luhn(digits: str) -> bool:
    doubled = [int(digit) * (1 + k % 2) for k, digit in enumerate(reversed(digits))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


def stands_alone(text: str, start: int, end: int) -> bool:
    before = re.search(r"([0-9A-Za-z]|[0-9]\.)\Z", text[:start])
    behind = re.match(r"[0-9A-Za-z]|\.[0-9]", text[end:])
    return before is None and behind is None


def plain_search(text: str) -> bool:
    return any(
        NUMBER.fullmatch(text, start, end) is not None
        and stands_alone(text, start, end)
        and passes_luhn(re.sub("[^0-9]", "", text[start:end]))
        for start in range(len(text))
        for end in range(start + 13, min(start + 38, len(text) + 1))
    )


@settings(max_examples=1_000)
@given(st.text("0123456789 -", max_size=45) | st.text('0123456789 -.aZ_"', max_size=60))
def test_it_finds_what_a_plain_search_finds(text: str) -> None:
    assert has_card_number(text.encode(), LONG_AGO) == plain_search(text)


@given(
    st.text("0123456789", min_size=12, max_size=18),
    st.text("ab:, ", max_size=30),
    st.text(" ,.x", max_size=30),
)
def test_a_number_is_found_wherever_it_stands(digits: str, before: str, behind: str) -> None:
    number = next(digits + str(check) for check in range(10) if passes_luhn(digits + str(check)))
    text = f"{before}|{number}|{behind}"
    assert has_card_number(text.encode(), LONG_AGO)


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "3782 822463 10005",
        "paid with 4111111111111111, thanks",
        "4111111111111111 12/27",
        "4111 1111 1111 1111 1227",
        '{"note":4111111111111111}',
        "12-4111111111111111",
    ],
)
def test_card_numbers_are_found(text: str) -> None:
    assert has_card_number(text.encode(), ARRIVAL)


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",
        "x4111111111111111",
        "41111111111111111111111111",
        "4111  1111  1111  1111",
        '{"latitude":37.81900024414065}',
        "55000000-0000-4111-8111-446655440000",
        '{"created":1711929600121}',
        '{"created": [1711929600123457, 1711929600121]}',
    ],
)
def test_other_numbers_are_not(text: str) -> None:
    assert not has_card_number(text.encode(), ARRIVAL)


def test_a_time_in_quotes_or_far_from_arrival_is_not_excused() -> None:
    assert has_card_number(b'{"created":"1711929600121"}', ARRIVAL)
    assert has_card_number(b'{"created":1711929600121}', ARRIVAL + 1e9)


def test_digits_written_as_escapes_are_withheld() -> None:
    assert may_hold_card_number(rb'{"note":"\u0034111111111111111', ARRIVAL)
