"""What a detector brings is weighed against what it costs, within hard limits."""

from __future__ import annotations

import numpy as np
import pytest

from meta.shares import Moved, Share, bound
from meta.stakes import DAY_S, Frauds, Rates, Stakes, rates_of, unflagged_share
from meta.trade_off import TradeOff
from meta.verdict import Limits, reasons_against
from meta.weighing import weigh

SMALL, MIDDLE, LARGE = 0.0, 0.5, 1.0
"""Shifts of three shares."""


def share(shift: float, found: float, lost: float, *, flags: int = 10, rows: int = 1_000) -> Share:
    """Return a share that newly finds some of the flags and loses some of known fraud, as parts of each."""
    moved = Moved(flags, found * flags, 0.0)
    return Share(shift, 3.0, found, found, moved, {"past fraud": Moved(rows, 0.0, lost * rows)})


CURVE = [share(SMALL, 0.2, 0.0), share(MIDDLE, 0.6, 0.03), share(LARGE, 0.9, 0.08)]


def rates(known_per_pattern: float = 1.0, **others: float | None) -> Rates:
    return Rates(10.0, {"past fraud": 10.0 * known_per_pattern}, per_day=1e5, measured=True, **others)  # type: ignore[arg-type]


def reasons(found: TradeOff, limits: Limits, *, asked: bool = False) -> list[tuple[str, str]]:
    return reasons_against(limits.budget, found.point.found, found, limits, asked=asked)


def test_the_share_with_the_largest_gain_within_the_limits_is_chosen() -> None:
    limits = Limits(allowed_loss=0.05)
    found = weigh(CURVE, rates(), limits)
    assert found.point.shift == MIDDLE
    assert not reasons(found, limits)
    assert weigh(CURVE, rates(), Limits(allowed_loss=0.1)).point.shift == LARGE


def test_where_known_fraud_comes_far_more_often_than_the_pattern_less_is_taken_from_it() -> None:
    found = weigh(CURVE, rates(known_per_pattern=30.0), Limits(allowed_loss=0.1))
    assert found.point.shift == SMALL
    assert found.point.known_lost == 0.0


def test_a_pattern_that_has_just_begun_is_worth_as_much_as_all_known_fraud() -> None:
    """Five flags of a day beside a hundred known frauds a day; what the answer shows is not raised."""
    now = 30.0 * DAY_S
    seen = Stakes(Frauds(now - DAY_S * np.linspace(1.0, 0.1, 5)), now, per_day=1e5, known={
        "base": Frauds(now - DAY_S * np.linspace(20.0, 0.1, 2_000))})  # fmt: skip
    found = rates_of(seen, {"base": 1_000}, (), flags=5)
    assert found.weight * found.pattern == pytest.approx(sum(found.known.values()))
    assert found.weight > 1.0
    curve = [share(SMALL, 0.2, 0.0), share(MIDDLE, 0.6, 0.2)]
    asked = Rates(10.0, {"past fraud": 50.0}, per_day=1e5, measured=True, weight=5.0)
    chosen = weigh(curve, asked, Limits(allowed_loss=0.3)).point
    assert (chosen.shift, weigh(curve, rates(5.0), Limits(allowed_loss=0.3)).point.shift) == (MIDDLE, SMALL)
    assert chosen.caught == pytest.approx(10.0 * 0.6, rel=0.2)


def test_money_weighs_by_the_amounts_where_they_are_known() -> None:
    limits = Limits(allowed_loss=0.1, objective="money")
    small_amounts = rates(amount=1.0, known_amount=50.0)
    assert weigh(CURVE, small_amounts, limits).point.shift == SMALL
    assert weigh(CURVE, rates(amount=50.0, known_amount=1.0), limits).point.shift == LARGE
    assert weigh(CURVE, rates(), limits).point.shift == LARGE  # without amounts frauds count
    assert weigh(CURVE, rates(), limits).point.money is None


def test_a_detector_that_finds_none_of_its_flags_stays_a_draft_with_what_would_help() -> None:
    nothing = [share(shift, 0.0, 0.0) for shift in (SMALL, LARGE)]
    found = weigh(nothing, rates(), Limits())
    [(cause, text)] = reasons(found, Limits())
    assert cause == "flags"
    assert text.startswith("finds 0% of the flags when they are left out; a gain is 50% certain, needed 60%")


def test_a_gain_that_only_a_limit_keeps_away_is_refused_with_the_limit_and_by_how_much() -> None:
    steep = [share(SMALL, 0.0, 0.0), share(LARGE, 0.9, 0.08)]
    [(cause, text)] = reasons(weigh(steep, rates(), Limits()), Limits())
    assert cause == "replay"
    assert text == (
        "would find 90% of left-out flags, but past fraud: 8.0% of its recall is lost, allowed 5.0%, "
        "3.0 points too much"
    )


def test_alerts_a_day_are_a_hard_limit_where_traffic_is_known() -> None:
    limits = Limits(most_alerts=4.0)
    found = weigh(CURVE, rates(), limits)
    assert found.point.shift == SMALL
    assert [cause for cause, _ in found.points[1].over] == ["alerts"]


@pytest.mark.parametrize(("shift", "causes"), [(SMALL, []), (LARGE, ["replay"])])
def test_a_person_may_choose_another_point_but_not_beyond_a_limit(shift: float, causes: list[str]) -> None:
    doubtful = [share(SMALL, 0.0, 0.0), *CURVE[1:]]
    found = weigh(doubtful, rates(), Limits(), asked=shift + 0.01)
    assert found.point.shift == shift
    assert [cause for cause, _ in reasons(found, Limits(), asked=True)] == causes


def test_two_of_ten_flags_found_are_sure_enough_and_a_tenth_of_a_flag_is_not() -> None:
    def confidence(found: float) -> float:
        return weigh([share(SMALL, found, 0.0)], rates(), Limits()).point.confidence

    assert confidence(0.01) < Limits().confidence < confidence(0.2)


@pytest.mark.parametrize(
    ("rows", "loss", "within"), [(200, 0.04, True), (200, 0.06, False), (30, 0.05, True)]
)
def test_known_fraud_may_lose_five_points_by_default(rows: int, loss: float, within: bool) -> None:
    assert (loss <= bound(Limits().allowed_loss, rows)) == within


def test_the_pattern_comes_as_often_as_its_flags_show_and_unflagged_rows_add() -> None:
    now = 1e9
    stakes = Stakes(Frauds(now - DAY_S * np.array([2.0, 1.5, 1.0])), now, per_day=4_000.0)
    few = rates_of(stakes, {"base": 10}, (), flags=3)
    more = rates_of(stakes, {"base": 10}, (), flags=3, unflagged=0.01)
    known = few.known["base"]
    assert few.measured
    assert known == pytest.approx(4.0)  # 0.1% of the traffic, as nothing is confirmed
    assert few.pattern == pytest.approx(np.sqrt(3.5 / 2.25 * known))
    assert more.pattern == pytest.approx(np.sqrt(83.5 / 2.25 * known))


def test_samples_of_one_stream_share_its_rate_and_episodes_have_their_own() -> None:
    now = 1e9
    confirmed = Frauds(now - DAY_S * np.linspace(9, 0, 89), np.full(89, 20.0))
    earlier = Frauds(now - DAY_S * np.array([1.75, 1.0]), np.full(2, 40.0))
    stakes = Stakes(
        Frauds(np.array([now]), np.array([5.0])), now, per_day=1_000.0,
        known={"base": confirmed, "gift cards": earlier},
    )  # fmt: skip
    found = rates_of(stakes, {"base": 100, "past fraud": 300}, ["gift cards"], flags=1)
    assert found.known["base"] + found.known["past fraud"] == pytest.approx(9.0)
    assert found.known["past fraud"] == pytest.approx(3 * found.known["base"])
    assert found.known["gift cards"] == pytest.approx(2.5 / 2.0)
    assert (found.amount, found.known_amount) == (5.0, 30.0)


def test_without_anything_known_all_known_fraud_weighs_as_much_as_the_pattern() -> None:
    found = rates_of(None, {"base": 5, "past fraud": 15}, (), flags=5)
    assert not found.measured
    assert (found.pattern, sum(found.known.values())) == (1.0, 1.0)


def test_genuine_traffic_explains_rows_that_look_a_little_like_the_pattern() -> None:
    genuine = -np.log10(np.random.default_rng(0).random(20_000))
    left_out = np.array([2.5, 3.0, 3.5])
    assert unflagged_share(genuine, left_out) == pytest.approx(0.0, abs=0.001)
    burst = np.r_[genuine, np.full(400, 3.2)]
    assert unflagged_share(burst, left_out) == pytest.approx(0.03, abs=0.01)
    assert unflagged_share(genuine[:0], left_out) == 0.0
