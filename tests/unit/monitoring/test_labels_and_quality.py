"""Silence, precision, recall by day corrected for late labels, and capped figures of detectors."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from monitoring.intervals import average_precision, bootstrap_average_precision, wilson
from monitoring.labels import find_precision_fall, find_silence
from monitoring.quality import AlertedCard, Delays, KnownFraud, measure_day
from monitoring.scorer_figures import OTHER, TOP, figures_by_scorer
from monitoring.traffic_counts import SURPRISE_BINS, surprise_bin
from storage.measurements import Measurement
from storage.outcomes import AlertOutcome
from tests.unit.monitoring.traffic import hour

DAY_S, HOUR_S = 86_400.0, 3_600.0
NIGHTLY = [day * DAY_S for day in range(20, 40)]


def test_a_source_is_silent_after_half_as_long_again_as_its_longest_pause() -> None:
    assert find_silence({"chargeback": NIGHTLY}, NIGHTLY[-1] + 35 * HOUR_S) is None
    finding = find_silence({"chargeback": NIGHTLY, "analyst": [0.0]}, NIGHTLY[-1] + 37 * HOUR_S)
    assert finding is not None
    assert finding.subjects == ("chargeback",)


def test_weekends_are_usual_pauses() -> None:
    weekdays = [day * DAY_S for day in range(30) if day % 7 < 5]
    assert find_silence({"analyst": weekdays}, weekdays[-1] + 4.4 * DAY_S) is None


def test_few_labels_tell_no_usual_pause() -> None:
    assert find_silence({"analyst": NIGHTLY[:10]}, NIGHTLY[10] + 9 * DAY_S) is None


def decided(*parts: tuple[int, float]) -> list[bool]:
    random = np.random.default_rng(3)
    return [bool(one) for n, share in parts for one in random.random(n) < share]


def test_a_fall_of_precision_is_found_within_the_last_fifty_decisions() -> None:
    finding = find_precision_fall(decided((300, 0.8), (50, 0.3)))
    assert finding is not None
    assert finding.value < 0.5 < finding.limit


@pytest.mark.parametrize("share", [0.05, 0.3, 0.8])
def test_a_steady_precision_is_no_fall(share: float) -> None:
    every = decided((600, share))
    assert [n for n in range(200, 600, 10) if find_precision_fall(every[:n])] == []


def test_a_rise_is_no_fall_and_few_decisions_tell_nothing() -> None:
    assert find_precision_fall(decided((300, 0.3), (50, 0.9))) is None
    assert find_precision_fall(decided((100, 0.9), (50, 0.1))) is None


def fraud(delay_days: float, *, alerted: bool, day: float = 0.0, card: str = "a") -> KnownFraud:
    return KnownFraud(day * DAY_S + HOUR_S, delay_days * DAY_S, 3.5 if alerted else 1.0, alerted, card)


def measured(kind: str, found: list[Measurement]) -> Measurement:
    return next(one for one in found if one.kind == kind)


def test_recall_of_a_young_day_is_corrected_by_how_late_labels_came_before() -> None:
    """Half of the missed frauds are known after 2 days, half after 20; alerted frauds at once."""
    past = [fraud(0.1, alerted=True) for _ in range(40)]
    past += [fraud(d, alerted=False) for d in (2.0, 20.0) for _ in range(20)]
    today = [fraud(0.1, alerted=True, day=40) for _ in range(10)] + [fraud(2.0, alerted=False, day=40)] * 5
    now = 45 * DAY_S
    found = measure_day(40 * DAY_S, now, today, [], None, Delays.from_frauds(past, now), 100)
    assert measured("recall", found).value == pytest.approx(10 / 15)
    assert measured("estimated_recall", found).value == pytest.approx(10 / 20)
    assert measured("recall", found).details["labels_missing"] == pytest.approx(5 / 20)


def test_without_mature_days_nothing_is_estimated() -> None:
    found = measure_day(0.0, DAY_S, [fraud(0.1, alerted=True)], [], None, Delays.from_frauds([], DAY_S), 100)
    assert [one.kind for one in found] == ["recall"]


def test_card_precision_counts_cards_once_and_says_how_many_there_were() -> None:
    cards = [AlertedCard(name, surprise) for name, surprise in (("a", 5.0), ("b", 4.0), ("c", 3.0))]
    found = measure_day(0.0, DAY_S, [fraud(0.1, alerted=True)], cards, None, Delays.from_frauds([], DAY_S), 2)
    one = measured("card_precision", found)
    assert (one.value, one.details["k"]) == (0.5, 2)
    assert one.low is not None
    assert one.high is not None
    assert one.low < 0.5 < one.high


def test_average_precision_of_binned_scores_is_that_of_scores_with_ties() -> None:
    random = np.random.default_rng(1)
    truth = random.random(5_000) < 0.02
    scores = np.clip(random.exponential(0.5, 5_000) + 1.5 * truth, 0, 5.9)
    bins = surprise_bin(scores)
    frauds = np.bincount(bins[truth], minlength=SURPRISE_BINS).astype(float)
    others = np.bincount(bins[~truth], minlength=SURPRISE_BINS).astype(float)
    assert float(average_precision(frauds, others)) == pytest.approx(average_precision_score(truth, bins))
    low, high = bootstrap_average_precision(frauds, others)
    assert low < average_precision(frauds, others) < high
    assert bootstrap_average_precision(frauds, others) == (low, high)


def test_average_precision_needs_the_traffic_of_the_day() -> None:
    day = [fraud(0.1, alerted=True)]
    found = measure_day(0.0, DAY_S, day, [], hour(1_000), Delays.from_frauds([], DAY_S), 100)
    assert measured("average_precision", found).value == 1.0


def test_an_interval_covers_as_often_as_it_says() -> None:
    random = np.random.default_rng(2)
    hits = random.binomial(60, 0.2, 2_000)
    covered = [low <= 0.2 <= high for low, high in (wilson(int(k), 60) for k in hits)]
    assert 0.93 < np.mean(covered) < 0.98


def outcome(scorer: str, status: str = "confirmed") -> AlertOutcome:
    return AlertOutcome("t", 0.0, status, scorer, "card", 4.0, 10.0)


def test_a_thousand_detectors_are_told_as_twenty_and_the_others() -> None:
    day = [outcome(f"d-{n:04}") for n in range(1_000) for _ in range(1 + n // 900)]
    figures = figures_by_scorer(day, [outcome("d-0999", "rejected"), outcome("d-0001")])
    assert len(figures) == TOP + 1
    assert sum(one.alerts for one in figures.values()) == len(day)
    assert (figures["d-0999"].precision if "d-0999" in figures else 0.0) == 0.0
    assert figures[OTHER].decided >= 1
