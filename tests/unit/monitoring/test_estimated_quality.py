"""Estimates without labels are right where a surprise means the same as before, and no gate reads them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from monitoring.estimated_quality import KINDS, RECALL, estimate, estimate_days, fraud_shares
from monitoring.quality import KnownFraud
from monitoring.traffic_counts import HOUR_S, SURPRISE_BINS, TrafficCounts, surprise_bin

CLONE = Path(__file__).parents[3]
DAY_S, DAYS, PER_DAY = 24 * HOUR_S, 40, 20_000


def portfolio(seed: int, days: int) -> tuple[dict[float, TrafficCounts], list[KnownFraud]]:
    """Draw days of traffic with 0.5% fraud; everything over surprise 3 is alerted."""
    rng, hours, frauds = np.random.default_rng(seed), {}, []
    for day in range(days):
        fraud = rng.random(PER_DAY) < 0.005
        surprise = np.clip(rng.exponential(0.434, PER_DAY) + fraud * rng.normal(2.5, 1.0, PER_DAY), 0, 5.99)
        counts = np.bincount(surprise_bin(surprise), minlength=SURPRISE_BINS).astype(float)
        alerts = float(np.sum(surprise >= 3))
        hours[day * DAY_S] = TrafficCounts(np.zeros((0, 10)), counts, PER_DAY, PER_DAY, alerts)
        frauds += [KnownFraud(day * DAY_S + 60.0, 0.0, s, s >= 3, "c") for s in surprise[fraud].tolist()]
    return hours, frauds


def test_the_estimate_covers_the_recall_that_labels_show_later() -> None:
    hours, frauds = portfolio(1, DAYS)
    known = [fraud for fraud in frauds if fraud.event_time < 33 * DAY_S]  # the last week has no labels
    found = [one for one in estimate_days(hours, known, DAYS * DAY_S, 7.0) if one.kind == RECALL]
    newest = [one for one in found if one.time >= 33 * DAY_S]
    later = [fraud.alerted for fraud in frauds if fraud.event_time >= 33 * DAY_S]
    assert len(newest) == 7
    assert np.mean([one.value for one in newest]) == pytest.approx(np.mean(later), abs=0.07)
    assert all(one.details["estimate"] for one in found)
    assert all(one.low is not None and one.low <= one.value <= (one.high or 0.0) for one in found)


def test_too_few_known_frauds_give_no_estimate() -> None:
    hours, frauds = portfolio(2, DAYS)
    assert estimate_days(hours, frauds[:29], DAYS * DAY_S, 7.0) == []
    assert estimate_days({}, frauds, DAYS * DAY_S, 7.0) == []


def test_shares_never_fall_as_surprise_rises_and_keep_all_frauds() -> None:
    rng = np.random.default_rng(3)
    traffic = rng.integers(1, 500, 60).astype(float)
    frauds = np.floor(traffic * rng.random(60) * 0.2)
    shares = fraud_shares(frauds, traffic)
    assert np.all(np.diff(shares) >= 0)
    assert shares @ traffic == pytest.approx(frauds.sum())


def test_the_highest_surprises_are_the_alerted_ones() -> None:
    found = estimate(np.array([90.0, 8.0, 2.0]), 6.0, np.array([0.0, 0.25, 1.0]))
    assert found.recall == pytest.approx((2.0 + 4 * 0.25) / 4.0)
    assert found.precision == pytest.approx(3.0 / 6.0)
    assert estimate(np.zeros(3), 0.0, np.zeros(3)).recall is None


def test_no_gate_reads_an_estimate() -> None:
    """What decides about detectors and thresholds neither imports the module nor names its measurements."""
    forbidden = ("estimated_quality", *KINDS)
    for room in ("meta", "adaptation", "control", "stream", "rules", "decisions"):
        for file in (CLONE / room).rglob("*.py"):
            text = file.read_text(encoding="utf-8")
            assert "from monitoring" not in text, file
            assert not any(word in text for word in forbidden), file
