"""The figures of a trade-off by hand, the reasons that follow from them, and the message that shows it."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import NormalDist

import pytest

from meta.shares import Moved, Share, bound
from meta.stakes import Rates
from meta.trade_off import TradeOff, TradeOffPoint
from meta.verdict import Limits, reasons_against
from meta.weighing import weigh

# Of eight flags four are newly found and one is lost; two more are found by others already.
SHARE = Share(
    0.3, 2.8, 0.7, 0.75, Moved(8, 4.0, 1.0), {"past": Moved(100, 2.0, 5.0), "ring": Moved(50, 0.0, 1.0)}
)
RATES = Rates(10.0, {"past": 20.0, "ring": 4.0}, spread=0.5, per_day=1_000.0, measured=True)
ADDED = (4.0 + 0.25 * 2.0 - 1.0) / 9.5
ADDED_VARIANCE = ((4.0 + 0.5 + 1.0 + 1.0) / 9.5 - ADDED**2) / 10.5
LOST = 20.0 * 0.03 + 4.0 * 0.02
LOST_VARIANCE = 20.0**2 * 7.0 / 100**2 + 4.0**2 * 1.0 / 50**2
FREE = Limits(allowed_loss=1.0)


def point(limits: Limits = FREE, share: Share = SHARE, rates: Rates = RATES) -> TradeOffPoint:
    return weigh([share], rates, limits).point


def sure(ratio: float = 1.0, worth: float = 10.0) -> float:
    """Return the probability of a gain, where a known fraud is worth `ratio` and the pattern `worth`."""
    cost = ratio * LOST / worth
    variance = ADDED_VARIANCE + (ratio / worth) ** 2 * LOST_VARIANCE + 0.5 * cost**2
    return NormalDist().cdf((ADDED - cost) / math.sqrt(variance))


def test_a_point_says_what_comes_and_goes_a_day() -> None:
    found = point(Limits(budget=0.01, allowed_loss=1.0, surge=0.5))
    assert (found.shift, found.threshold, found.found) == (0.3, 2.8, 0.7)
    assert found.caught == pytest.approx(10.0 * ADDED)
    assert found.known_lost == pytest.approx(LOST)
    assert found.alerts == pytest.approx(10.0 * ADDED - LOST + 0.5 * 0.01 * 1_000)
    assert found.gain == pytest.approx(10.0 * ADDED - LOST)
    assert found.confidence == pytest.approx(sure())
    assert (found.money, found.over) == (None, ())
    assert point(rates=replace(RATES, per_day=None)).alerts is None
    assert weigh([SHARE], RATES, FREE).measured
    assert not weigh([SHARE], replace(RATES, measured=False), FREE).measured


def test_flags_that_are_lost_to_others_count_against_and_never_below_nothing() -> None:
    found = point(share=replace(SHARE, by_itself=0.25))  # found by itself are fewer than newly found
    assert found.caught == pytest.approx(10.0 * (4.0 - 1.0) / 9.5)


def test_what_is_worth_more_weighs_more_and_is_as_often_caught() -> None:
    found = point(rates=replace(RATES, weight=3.0))
    assert found.caught == pytest.approx(10.0 * ADDED)
    assert found.gain == pytest.approx(30.0 * ADDED - LOST)
    assert found.confidence == pytest.approx(sure(worth=30.0))


def test_money_is_shown_where_amounts_are_known_and_decides_where_it_is_the_objective() -> None:
    priced = replace(RATES, amount=50.0, known_amount=200.0)
    money = 50.0 * 10.0 * ADDED - 200.0 * LOST
    shown = point(rates=priced)
    assert shown.money == pytest.approx(money)
    assert shown.gain == pytest.approx(10.0 * ADDED - LOST)
    assert shown.confidence == pytest.approx(sure())
    limits = replace(FREE, objective="money")
    decides = point(limits, rates=priced)
    assert decides.gain == pytest.approx(money)
    assert decides.confidence == pytest.approx(sure(ratio=4.0))
    weighty = point(limits, rates=replace(priced, weight=3.0))
    assert weighty.gain == pytest.approx(money + 2.0 * 50.0 * 10.0 * ADDED)
    unpriced = (replace(priced, amount=None), replace(priced, known_amount=None), replace(priced, amount=0.0))
    for rates in unpriced:
        found = point(limits, rates=rates)
        assert found.money is None
        assert found.gain == pytest.approx(10.0 * ADDED - LOST)


def test_each_set_may_lose_up_to_its_bound_and_says_by_how_much_it_is_over() -> None:
    most = bound(0.05, 100)
    assert (
        point(Limits(allowed_loss=0.05), replace(SHARE, known={"past": Moved(100, 0.0, 100 * most)})).over
        == ()
    )
    over = point(Limits(allowed_loss=0.05), replace(SHARE, known={"past": Moved(100, 0.0, 20.0)})).over
    text = f"past: 20.0% of its recall is lost, allowed {most:.1%}, {20 - 100 * most:.1f} points too much"
    assert over == (("replay", text),)
    spent = replace(SHARE, known={"past": Moved(100, 0.0, 1.0, spent=0.2)})
    assert [cause for cause, _ in point(Limits(allowed_loss=0.05), spent).over] == ["replay"]


def test_alerts_a_day_may_come_up_to_the_limit() -> None:
    alerts = point().alerts
    assert alerts is not None
    assert point(replace(FREE, most_alerts=alerts)).over == ()
    (over,) = point(replace(FREE, most_alerts=2.0)).over
    assert over == ("alerts", "adds 3 alerts a day, allowed 2")
    assert point(replace(FREE, most_alerts=2.0), rates=replace(RATES, per_day=None)).over == ()


def curve(*points: TradeOffPoint, chosen: int = 0) -> TradeOff:
    return TradeOff(points, chosen, True)


def a_point(**changes: object) -> TradeOffPoint:
    sound = TradeOffPoint(0.0, 3.0, 0.8, 8.0, 0.5, None, None, gain=7.5, confidence=0.9)
    return replace(sound, **changes)  # type: ignore[arg-type]


def test_a_sure_gain_within_the_budget_has_no_reason_against_it() -> None:
    assert reasons_against(0.00125, 0.8, curve(a_point()), Limits(budget=0.001)) == []
    just_sure = a_point(confidence=0.6)
    assert reasons_against(0.001, 0.8, curve(just_sure), Limits(confidence=0.6)) == []


def test_a_quarter_over_the_budget_is_too_much_and_a_surge_allows_more() -> None:
    (reason,) = reasons_against(0.0013, 0.8, curve(a_point()), Limits(budget=0.001))
    assert reason == ("budget", "alerts on 0.130% of genuine traffic, allowed 0.125%")
    assert reasons_against(0.0018, 0.8, curve(a_point()), Limits(budget=0.001, surge=0.5)) == []


def test_every_reason_is_given() -> None:
    doubtful = curve(a_point(confidence=0.1))
    assert [cause for cause, _ in reasons_against(0.01, 0.8, doubtful, Limits())] == ["budget", "flags"]
    over = curve(a_point(over=(("alerts", "too many"), ("replay", "too much"))))
    found = reasons_against(0.01, 0.8, over, Limits())
    assert [cause for cause, _ in found] == ["budget", "alerts", "replay"]


@pytest.mark.parametrize("doubtful", [{"gain": 0.0}, {"confidence": 0.59}, {"gain": -1.0, "confidence": 1.0}])
def test_a_doubtful_gain_is_a_reason_unless_a_person_chose_it(doubtful: dict[str, float]) -> None:
    found = curve(a_point(**doubtful))
    assert [cause for cause, _ in reasons_against(0.0, 0.8, found, Limits())] == ["flags"]
    assert reasons_against(0.0, 0.8, found, Limits(), asked=True) == []


def test_a_limit_is_a_reason_also_for_a_point_that_a_person_chose() -> None:
    over = (("alerts", "adds 9 alerts a day, allowed 2"),)
    found = curve(a_point(over=over, confidence=0.0))
    for asked in (True, False):
        assert reasons_against(0.0, 0.8, found, Limits(), asked=asked) == list(over)


def test_the_limit_that_keeps_the_best_point_away_is_named_only_where_its_gain_is_sure() -> None:
    over = (("replay", "past: too much is lost"),)
    doubtful = a_point(confidence=0.1, gain=0.1)
    best = a_point(found=0.5, gain=20.0, over=over)
    (reason,) = reasons_against(0.0, 0.2, curve(doubtful, best), Limits())
    assert reason == ("replay", "would find 50% of left-out flags, but past: too much is lost")
    unsure = replace(best, confidence=0.1)
    ((cause, text),) = reasons_against(0.0, 0.2, curve(doubtful, unsure), Limits())
    assert cause == "flags"
    assert text == (
        "finds 20% of the flags when they are left out; a gain is 10% certain, needed 60%. "
        "More flags of the same pattern would help"
    )


def test_the_gate_takes_the_first_point_where_all_are_beyond_a_limit_and_of_equal_ones_the_smaller() -> None:
    large = replace(SHARE, shift=0.9)
    assert weigh([SHARE, large], RATES, Limits(allowed_loss=0.0)).chosen == 0
    assert weigh([SHARE, large], RATES, FREE).chosen == 0
    assert weigh([SHARE, large], RATES, FREE, asked=0.61).chosen == 1
    assert weigh([SHARE, large], RATES, FREE, asked=-9.0).chosen == 0
