"""Card numbers are masked in every spelling; other numbers stay."""

import pytest

from storage.card_numbers import mask_card_numbers


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("4111111111111111", "411111******1111"),
        ("4111-1111-1111-1111", "411111******1111"),
        ("amex 378282246310005.", "amex 378282*****0005."),
        ("13 digits 4222222222222", "13 digits 422222***2222"),
        ("19 digits 6304000000000000000", "19 digits 630400*********0000"),
        ("two 4111111111111111,5555555555554444", "two 411111******1111,555555******4444"),
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
    ],
)
def test_what_is_no_card_number_stays(text: str) -> None:
    assert mask_card_numbers(text) == text
