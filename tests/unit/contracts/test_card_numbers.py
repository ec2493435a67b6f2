"""Card numbers are masked in every spelling; other numbers stay."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.card_numbers import mask_card_data, mask_card_numbers
from features.card_numbers import has_card_number

LONG_AGO = -1e12


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("4111111111111111", "411111******1111"),
        ("4111-1111-1111-1111", "411111******1111"),
        ("amex 378282246310005.", "amex 378282*****0005."),
        ("13 digits 4222222222222", "13 digits 422222***2222"),
        ("19 digits 6304000000000000000", "19 digits 630400*********0000"),
        ("two 4111111111111111,5555555555554444", "two 411111******1111,555555******4444"),
        ("4111111111111111 12/27", "411111******1111 12/27"),
        ("ring4111111111111111", "ring411111******1111"),
        ("4111111111111111.0", "411111******1111.0"),
        ("4111.1111.1111.1111", "411111******1111"),
        ("4111/1111/1111/1111", "411111******1111"),
        ("4111_1111_1111_1111", "411111******1111"),
        ("4111\u00a01111\u00a01111\u00a01111", "411111******1111"),
        ("４１１１１１１１１１１１１１１１", "411111******1111"),
        ("٤١١١١١١١١١١١١١١١", "411111******1111"),
        ("4111 - 1111 - 1111 - 1111", "411111******1111"),
    ],
)
def test_a_card_number_shows_bin_and_last_four(text: str, masked: str) -> None:
    assert mask_card_numbers(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",
        "order 12345",
        "1234567890.123",
        "",
        "tx-20261124-000017",
        '{"surprise":3.4111111111111111}',
        "55000000-0000-4111-8111-446655440000",
        "5f4111111111111111aab0c3",
        "37.819000 122.478255",
    ],
)
def test_what_is_no_card_number_stays(text: str) -> None:
    assert mask_card_numbers(text) == text


def test_fields_of_secrets_and_track_data_are_masked() -> None:
    record = '{"cvv":"123","CVC2" : 4567,"pin_block":"04AB","note":";4111111111111111=25121011234000012345?"}'
    masked = mask_card_data(record)
    assert masked == '{"cvv":"***","CVC2" : "***","pin_block":"***","note":";411111******1111=***?"}'


def test_a_large_text_is_masked_in_linear_time() -> None:
    """8 MiB take 3 s of an idle core in linear time; in quadratic time, more than the limit of a test."""
    text = "550e8400-e29b-41d4-a716-446655440000," * 226_720
    assert mask_card_numbers(text) == text


@settings(max_examples=1_000, deadline=None)
@given(st.text("0123456789 -./_x\u00a0４٤", max_size=40) | st.text("4115 -.b^", max_size=30))
def test_what_is_masked_is_what_records_are_searched_for(text: str) -> None:
    assert (mask_card_numbers(text) != text) == has_card_number(text.encode(), LONG_AGO)


SPELLINGS = st.sampled_from(["", " ", "-", ".", "/", "_", "\u00a0", "\u2011", "\uff0d", " - ", "\u3000"])
SCRIPTS = st.sampled_from([0x30, 0xFF10, 0x660, 0x966, 0x1D7CE])
CARDS = st.sampled_from(["4111111111111111", "5555555555554444", "6011111111111117", "2223003122003222"])


@settings(deadline=None)
@given(
    CARDS,
    SPELLINGS,
    SCRIPTS,
    st.sampled_from(["", "x", "%B", "PAN", ":"]),
    st.sampled_from(["", "x", "^", ".00", "="]),
)
def test_a_card_number_is_found_in_any_spelling(
    card: str, separator: str, zero: int, before: str, behind: str
) -> None:
    digits = "".join(chr(zero + int(digit)) for digit in card)
    text = before + separator.join(digits[k : k + 4] for k in range(0, 16, 4)) + behind
    assert f"{card[:6]}******{card[-4:]}" in mask_card_numbers(text)
    assert has_card_number(f'{{"note":"{text}"}}'.encode(), LONG_AGO)
