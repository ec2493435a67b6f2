"""History and live traffic: from a seed, in order, with the requested frauds."""

from itertools import pairwise

import numpy as np
import pytest

from simulate.chunk import Chunk
from simulate.patterns import EVERY, HELD_OUT, KNOWN
from simulate.payment_generator import UnknownPattern
from simulate.traffic import SimulatedTraffic

START = 1_750_000_000.0
DAY_S = 86_400.0
COLUMNS = ("time", "amount", "card", "merchant", "mcc", "channel", "fraud", "family")


@pytest.fixture(scope="module")
def history() -> list[Chunk]:
    return list(SimulatedTraffic(seed=3, cards=2_000).history(START, days=60.0, families=EVERY))


def joined(chunks: list[Chunk], column: str) -> np.ndarray:
    return np.concatenate([getattr(chunk, column) for chunk in chunks])


def test_equal_seeds_give_equal_payments() -> None:
    first, second = (list(SimulatedTraffic(seed=5, cards=300).history(START, days=8.0)) for _ in range(2))
    assert [chunk.ids() for chunk in first] == [chunk.ids() for chunk in second]
    for column in COLUMNS:
        np.testing.assert_array_equal(joined(first, column), joined(second, column))


def test_another_seed_gives_other_cards_and_payments() -> None:
    first, second = (
        next(iter(SimulatedTraffic(seed, cards=300).history(START, days=2.0))) for seed in (5, 6)
    )
    assert not np.array_equal(first.amount[:100], second.amount[:100])
    assert not set(first.names.cards) & set(second.names.cards)


def test_event_time_rises_within_and_between_chunks(history: list[Chunk]) -> None:
    time = joined(history, "time")
    assert len(history) > 2
    assert (np.diff(time) >= 0).all()
    assert START <= time[0] < time[-1] < START + 60 * DAY_S


def test_no_id_repeats_in_history_live_traffic_or_a_later_run(history: list[Chunk]) -> None:
    later = SimulatedTraffic(seed=3, cards=2_000)
    chunks = [*history, later.live(START).take(5_000), next(iter(later.history(START + 1.0, days=5.0)))]
    ids = [identity for chunk in chunks for identity in chunk.ids()]
    assert len(set(ids)) == len(ids)


def test_history_comes_at_the_pace_it_is_asked_for() -> None:
    traffic = SimulatedTraffic(seed=3, cards=500)
    own = sum(len(chunk) for chunk in traffic.history(START, days=28.0))
    asked = sum(len(chunk) for chunk in traffic.history(START, days=28.0, per_day=4_000.0))
    assert own == pytest.approx(28 * DAY_S * traffic.per_second, rel=0.1)
    assert asked == pytest.approx(28 * 4_000.0, rel=0.1)


def test_frauds_are_half_a_percent_and_of_every_family(history: list[Chunk]) -> None:
    family = joined(history, "family")
    assert 0.003 < (family != "").mean() < 0.007
    assert set(np.unique(family)) == {"", *EVERY}
    np.testing.assert_array_equal(family != "", joined(history, "fraud"))


def test_held_out_families_are_no_part_of_a_history_unless_named() -> None:
    family = joined(list(SimulatedTraffic(seed=3, cards=2_000).history(START, days=30.0)), "family")
    assert set(np.unique(family)) == {"", *KNOWN}
    assert not set(KNOWN) & set(HELD_OUT)


def test_live_payments_do_not_depend_on_how_they_are_cut() -> None:
    whole = SimulatedTraffic(seed=4, cards=300).live(START).take(3_000)
    cut = SimulatedTraffic(seed=4, cards=300).live(START)
    parts = [cut.take(count) for count in (1, 700, 299, 2_000)]
    assert whole.ids() == [identity for part in parts for identity in part.ids()]
    np.testing.assert_array_equal(whole.time, joined(parts, "time"))
    assert all(before.time[-1] <= after.time[0] for before, after in pairwise(parts))


@pytest.mark.parametrize("name", HELD_OUT)
def test_a_pattern_switched_on_reaches_its_share_and_stops_when_switched_off(name: str) -> None:
    live = SimulatedTraffic(seed=4, cards=2_000).live(START)
    assert name not in live.take(10_000).family
    live.start_pattern(name, share=0.05)
    live.take(30_000)  # it takes several nights until incidents end as often as they begin
    assert (live.take(30_000).family == name).mean() == pytest.approx(0.05, rel=0.25)
    live.stop_pattern(name)
    live.take(2_000)  # frauds generated before the stop
    assert name not in live.take(20_000).family


def test_a_pattern_that_does_not_exist_is_named_with_those_that_do() -> None:
    traffic = SimulatedTraffic(seed=4, cards=300)
    with pytest.raises(UnknownPattern, match=r"'ring'.*card_testing"):
        traffic.live(START).start_pattern("ring", share=0.01)
    with pytest.raises(UnknownPattern, match="'ring'"):
        next(iter(traffic.history(START, days=1.0, families=["ring"])))


@pytest.mark.parametrize("share", [0.0, -0.1, 0.499, 1.0])
def test_a_share_that_would_crowd_out_the_genuine_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match=r"share .* of night_fuel"):
        SimulatedTraffic(seed=4, cards=300).live(START).start_pattern("night_fuel", share)


def test_too_few_cards_or_merchants_are_refused_with_the_number_that_is_needed() -> None:
    with pytest.raises(ValueError, match="at least 100"):
        SimulatedTraffic(seed=1, cards=3)
    with pytest.raises(ValueError, match="at least 360"):
        SimulatedTraffic(seed=1, merchants=20)
