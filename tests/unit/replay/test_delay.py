"""The frauds of a pattern before its first alert, and the confidence interval."""

from __future__ import annotations

import numpy as np

from replay.delay import detection_delay


def test_what_passes_before_the_first_alert_is_counted() -> None:
    amount, card = np.array([10.0, 20.0, 30.0]), np.arange(3).astype(np.uint64)
    found = detection_delay(amount, np.array([False, False, True]), card)
    assert found is not None
    assert (found["transactions"]["value"], found["amount"]["value"]) == (2.0, 30.0)
    assert detection_delay(amount, np.zeros(3, bool), card) is None


def test_the_interval_holds_what_other_cards_would_have_shown() -> None:
    """One fraud in ten is caught, each on a separate card: ten pass here, and seldom more than sixty."""
    rng = np.random.default_rng(0)
    caught, card = rng.random(2_000) < 0.1, np.arange(2_000).astype(np.uint64)
    caught[:10], caught[10] = False, True
    found = detection_delay(np.full(2_000, 5.0), caught, card)
    assert found is not None
    passed = found["transactions"]
    assert passed["low"] < passed["value"] == 10.0 < passed["high"] < 60
    assert found["amount"]["high"] == 5.0 * passed["high"]


def test_frauds_of_one_card_have_nothing_to_vary() -> None:
    found = detection_delay(np.ones(4), np.array([False, True, False, True]), np.ones(4, np.uint64))
    assert found is not None
    assert found["transactions"] == {"value": 1.0, "low": 1.0, "high": 1.0}
