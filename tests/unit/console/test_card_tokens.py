"""Card references lead back to the card, reveal nothing, and need the secret that made them."""

import pytest

from console.card_tokens import CardTokens, mask

CARDS = CardTokens("card", b"a secret of enough length")


def test_equal_cards_have_equal_references_that_lead_back() -> None:
    reference = CARDS.reference("card", "tok_1234567890")
    assert reference == CARDS.reference("card", "tok_1234567890")
    assert "1234" not in reference
    assert CARDS.key(reference) == "tok_1234567890"


def test_other_kinds_are_shown_as_they_are() -> None:
    assert CARDS.reference("merchant", "shop-1") == CARDS.shown("merchant", "shop-1") == "shop-1"


@pytest.mark.parametrize("text", ["~", "~x", "~%%", "~AAAA", "~é"])
def test_what_is_no_reference_is_taken_for_a_key(text: str) -> None:
    assert CARDS.key(text) == text


def test_a_reference_of_another_secret_leads_nowhere() -> None:
    reference = CardTokens("card", b"another secret of length").reference("card", "tok_1")
    assert CARDS.key(reference) == reference


@pytest.mark.parametrize("key", ["", "a", "card-12", "card-1234", "4111111111111111", "x" * 64])
def test_at_least_half_of_a_key_is_hidden_unless_it_has_a_bin(key: str) -> None:
    shown = mask(key)
    assert len(shown) == len(key)
    assert shown.count("*") >= min(len(key) / 2, len(key) - 10)
