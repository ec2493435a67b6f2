"""Silence, precision, recall by day corrected for late labels, and capped figures of detectors."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from meta.intervals import wilson
from monitoring.intervals import average_precision, bootstrap_average_precision
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


def test_delays_come_from_frauds_of_at_least_28_days_before_now_and_not_from_the_future() -> None:
    """With the days to come among them, their early labels would make late ones look lost."""
    now = 100 * DAY_S + HOUR_S
    frauds = [fraud(day, alerted=True, day=day) for day in (1.0, 71.5, 72.0, 72.5, 100.0, 101.0, 127.0)]
    assert (Delays.from_frauds(frauds, now).alerted / DAY_S).tolist() == [1.0, 71.5, 72.0]


def test_a_share_is_known_from_thirty_delays_on_and_counts_labels_that_came_just_in_time() -> None:
    def share(frauds: int) -> float | None:
        late = [fraud(float(n), alerted=False) for n in range(frauds)]
        return Delays.from_frauds(late, 90 * DAY_S).share_arrived(14 * DAY_S, alerted=False)

    assert share(29) is None
    assert share(30) == pytest.approx(15 / 30)


def test_estimates_need_delays_of_both_kinds_and_frauds_of_the_day() -> None:
    at_once = np.zeros(40)
    one = [fraud(0.1, alerted=True)]

    def estimated(delays: Delays, frauds: list[KnownFraud]) -> bool:
        found = measure_day(0.0, 2 * DAY_S, frauds, [], None, delays, 100)
        return "estimated_recall" in [each.kind for each in found]

    assert estimated(Delays(at_once, at_once), one)
    assert estimated(Delays(at_once, at_once), [*one, fraud(0.1, alerted=False)])
    assert not estimated(Delays(at_once, at_once), [])
    assert not estimated(Delays(at_once, at_once[:9]), one)
    assert not estimated(Delays(at_once[:9], at_once), one)
    assert not estimated(Delays(at_once, at_once + 5 * DAY_S), one)


def test_alerted_and_missed_frauds_still_to_come_are_each_estimated_by_their_own_delays() -> None:
    """Half of the alerted and a quarter of the missed frauds are known after two days."""
    delays = Delays(np.array([1.0] * 20 + [9.0] * 20) * DAY_S, np.array([1.0] * 10 + [9.0] * 30) * DAY_S)
    day = [fraud(1.0, alerted=True)] * 3 + [fraud(1.0, alerted=False)] * 2
    found = measure_day(0.0, 2.5 * DAY_S, day, [], None, delays, 100)
    estimate = measured("estimated_recall", found)
    assert estimate.value == pytest.approx(6 / 14)
    assert (estimate.low, estimate.high) == pytest.approx(wilson(6.0, 14.0))
    assert estimate.details == {"age_days": 2.0, "frauds": 5, "labels_missing": pytest.approx(1 - 5 / 14)}


def test_every_figure_of_a_day_carries_its_start_and_its_age_from_noon() -> None:
    start = 50 * DAY_S
    day = [fraud(0.1, alerted=True, day=50)]
    delays = Delays(np.zeros(40), np.zeros(40))
    cards = [AlertedCard("a", 5.0)]
    found = measure_day(start, start + 3 * DAY_S, day, cards, hour(1_000), delays, 100)
    kinds = ["recall", "estimated_recall", "average_precision", "card_precision"]
    assert [one.kind for one in found] == kinds
    assert {(one.time, one.subject, one.details["age_days"]) for one in found} == {(start, "", 2.5)}
    assert {one.details["frauds"] for one in found} == {1}


def test_a_day_without_traffic_or_frauds_has_no_average_precision() -> None:
    none = Delays.from_frauds([], DAY_S)

    def kinds(frauds: list[KnownFraud], rows: int) -> list[str]:
        return [one.kind for one in measure_day(0.0, DAY_S, frauds, [], hour(rows), none, 100)]

    assert kinds([fraud(0.1, alerted=True)], 0) == ["recall"]
    assert kinds([fraud(0.1, alerted=True)], 1) == ["recall", "average_precision"]
    assert kinds([], 1_000) == []


def test_without_mature_days_nothing_is_estimated() -> None:
    found = measure_day(0.0, DAY_S, [fraud(0.1, alerted=True)], [], None, Delays.from_frauds([], DAY_S), 100)
    assert [one.kind for one in found] == ["recall"]


def test_card_precision_counts_cards_once_and_says_how_many_there_were() -> None:
    cards = [AlertedCard(name, surprise) for name, surprise in (("a", 5.0), ("b", 4.0), ("c", 3.0))]
    found = measure_day(0.0, DAY_S, [fraud(0.1, alerted=True)], cards, None, Delays.from_frauds([], DAY_S), 2)
    one = measured("card_precision", found)
    assert (one.value, one.details["k"]) == (0.5, 2)
    found = measure_day(0.0, DAY_S, [fraud(0.1, alerted=True)], cards, None, Delays.from_frauds([], DAY_S), 9)
    assert measured("card_precision", found).value == pytest.approx(1 / 3)
    assert found[-1].details["k"] == 3
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
