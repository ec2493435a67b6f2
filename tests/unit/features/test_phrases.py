"""The words of reasons."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.phrases import phrases
from settings import Settings
from stream.wiring import transaction_schema

PHRASES = phrases(transaction_schema(Settings()))


@given(st.sampled_from(sorted(PHRASES)), st.floats(allow_nan=False))
def test_any_number_has_words(name: str, value: float) -> None:
    assert PHRASES[name].say(value).startswith(PHRASES[name].words)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("card_log_age_days", 2.4, "card: known for: 10 days"),
        ("card_log_seconds_since_last", 5.0, "card: time since its transaction before: 2 minutes"),
        ("card_partner_novelty", 1.0, "card: last time with this merchant: never in 90 days"),
        ("night", 1.0, "at night, from 22 to 4 hours UTC: yes"),
    ],
)
def test_a_value_has_its_unit(name: str, value: float, said: str) -> None:
    assert PHRASES[name].say(value) == said
