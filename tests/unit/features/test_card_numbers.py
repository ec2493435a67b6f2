"""Card numbers are found in every spelling; `tests/unit/contracts` compares the search with the mask."""

import random
import time
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.card_numbers import has_card_number, may_hold_card_number

ARRIVAL = 1_750_000_000.0
LONG_AGO = -1e12  # an arrival far from every possible time


def passes_luhn(digits: str) -> bool:
    doubled = [int(digit) * (1 + k % 2) for k, digit in enumerate(reversed(digits))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


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
        "x4111111111111111",
        "4111111111111111x",
        "4111  1111  1111  1111",
        "4111111111111111.0",
        "4111.1111.1111.1111",
        "4111/1111/1111/1111",
        "4111_1111_1111_1111",
        "4111\u00a01111\u00a01111\u00a01111",
        "４１１１１１１１１１１１１１１１",
        "%B4111111111111111^DOE/JOHN^2512101",
        ";4111111111111111=25121011234",
        "4111111111111111D25121011234",
    ],
)
def test_card_numbers_are_found(text: str) -> None:
    assert has_card_number(text.encode(), ARRIVAL)


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",
        "x4111111111111112",
        "x7111111111111110",
        "41111111111111111111111111",
        "4111    1111    1111    1111",
        "5f4111111111111111aab0c3",
        "tx-41111111-1111-4111-8111-111111111111",
        "2025-06-15 12:34:56.789",
        '{"latlon":"52.520008 13.404954"}',
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


@pytest.mark.parametrize("joined_by", [",", " ", '","'])
def test_a_record_of_a_megabyte_of_uuids_is_searched_within_a_tenth_of_a_second(joined_by: str) -> None:
    """About 20 ms on an idle core; with random digits alone, which need most steps."""
    draw = random.Random(7)
    digits = ("".join(draw.choices("0123456789", k=32)) for _ in range(26_000))
    text = joined_by.join(str(uuid.UUID(number, version=4)) for number in digits).encode()[: 1 << 20]
    has_card_number(text[:100], ARRIVAL)  # compiles the kernel
    began = time.process_time()
    has_card_number(text, ARRIVAL)
    assert time.process_time() - began < 0.1
