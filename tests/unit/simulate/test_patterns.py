"""Every pattern follows its recipe, on many cards."""

import numpy as np
import pytest

from simulate.genuine import genuine_payments
from simulate.patterns import EVERY
from simulate.patterns.pattern import draw_new_merchants, draw_steps, move_to_hours
from simulate.payments import Payments
from simulate.population import Population, populate
from simulate.rhythm import DAY_S, HOUR_S, hour_of_day

START = 1_750_000_000.0
INCIDENTS = 300

# Lowest and highest amount, and longest duration of an incident, from the docstrings.
RECIPES = {
    "account_takeover": (60.0, 2_500.0, 8 * HOUR_S),
    "card_testing": (0.5, 3.0, 1 * HOUR_S),
    "cash_out": (150.0, 400.0, 4 * HOUR_S),
    "compromised_merchant": (4.0, 1_500.0, 27 * HOUR_S),
    "gift_card_burst": (50.0, 150.0, 28 * HOUR_S),
    "subscription_trap": (59.0, 99.99, 10 * DAY_S),
    "split_purchases": (440.0, 500.0, 4 * HOUR_S),
    "night_fuel": (90.0, 140.0, 40 * DAY_S),
    "game_credit": (19.99, 49.99, 1 * HOUR_S),
    "grocery_run": (170.0, 260.0, 48 * HOUR_S),
    "last_minute_flight": (150.0, 2_500.0, 30 * HOUR_S),
    "pharmacy_round": (70.0, 160.0, 40 * HOUR_S),
    "phantom_bookings": (250.0, 600.0, 31 * HOUR_S),
    "ticket_resale": (24.0, 48.0, 40 * HOUR_S),
    "tiny_surcharge": (0.9, 1.9, 29 * HOUR_S),
    "utility_top_up": (180.0, 300.0, 20 * DAY_S),
}


@pytest.fixture(scope="module")
def people() -> Population:
    return populate(seed=3, cards=3_000, merchants=800)


def incidents(name: str, people: Population, count: int = INCIDENTS) -> Payments:
    rng = np.random.default_rng(1)
    return EVERY[name].incidents(rng, people, START + rng.random(count) * 7 * DAY_S)


@pytest.mark.parametrize("name", EVERY)
class TestEveryPattern:
    def test_makes_as_many_payments_as_it_says(self, name: str, people: Population) -> None:
        made = len(incidents(name, people)) / INCIDENTS
        assert made == pytest.approx(EVERY[name].length, rel=0.1)

    def test_hits_many_different_cards_about_equally(self, name: str, people: Population) -> None:
        made = incidents(name, people)
        _, hits = np.unique(made.card, return_counts=True)
        assert len(hits) > 200
        assert hits.max() / len(made) < 0.02

    def test_uses_several_merchants(self, name: str, people: Population) -> None:
        assert len(np.unique(incidents(name, people).merchant)) >= 4

    def test_keeps_to_its_amounts(self, name: str, people: Population) -> None:
        lowest, highest, _ = RECIPES[name]
        amount = incidents(name, people).amount
        assert lowest <= amount.min() < amount.max() <= highest

    def test_begins_no_earlier_than_asked_and_ends(self, name: str, people: Population) -> None:
        made = EVERY[name].incidents(np.random.default_rng(2), people, np.full(50, START))
        assert made.time.min() >= START
        assert made.time.max() < START + RECIPES[name][2]

    def test_makes_nothing_of_no_incidents(self, name: str, people: Population) -> None:
        assert len(EVERY[name].incidents(np.random.default_rng(1), people, np.empty(0))) == 0

    def test_is_described_in_words(self, name: str, people: Population) -> None:
        assert EVERY[name].name == name
        assert len(EVERY[name].recipe.split()) >= 8


def test_night_fuel_happens_at_night(people: Population) -> None:
    hour = hour_of_day(incidents("night_fuel", people).time)
    assert ((hour >= 23.0) | (hour < 8.0)).all()
    assert ((hour >= 23.0) | (hour < 4.0)).mean() > 0.9


def test_split_purchases_follow_each_other_at_different_shops(people: Population) -> None:
    made = EVERY["split_purchases"].incidents(np.random.default_rng(1), people, np.array([START]))
    assert 4 <= len(made) <= 7
    assert len(np.unique(made.card)) == 1
    assert len(np.unique(made.merchant)) > 1


def test_merchants_new_to_a_card_are_not_its_favourites(people: Population) -> None:
    card = np.arange(2_000, dtype=np.int32)
    fuel = people.merchants.selling(5541, online=False)
    merchant = draw_new_merchants(np.random.default_rng(1), people, card, fuel)
    assert np.isin(merchant, fuel).all()
    assert (people.cards.favourites[card] == merchant[:, None]).any(axis=1).mean() < 0.001


def test_steps_begin_at_once_and_follow_in_turn() -> None:
    begin = START + 1e6 * np.arange(200, dtype=np.float64)
    incident, time = draw_steps(np.random.default_rng(1), begin, 2, 5, gap_s=60.0)
    first = np.searchsorted(incident, np.arange(200))
    np.testing.assert_allclose(time[first], begin, rtol=0, atol=1e-3)
    assert (np.diff(time) > 0).all()
    assert set(np.bincount(incident)) == {2, 3, 4, 5}


def test_times_move_forward_by_less_than_a_day_and_past_midnight() -> None:
    begin = START + np.arange(0.0, 2 * DAY_S, 977.0)
    moved = move_to_hours(np.random.default_rng(1), begin, 23.0, 5.0)
    assert (moved >= begin).all()
    assert (moved - begin < DAY_S + 5 * HOUR_S).all()
    assert ((hour_of_day(moved) >= 23.0) | (hour_of_day(moved) <= 4.0)).all()


def test_genuine_people_buy_what_thieves_buy_too(people: Population) -> None:
    """No category alone means fraud."""
    genuine = genuine_payments(np.random.default_rng(1), people, START, START + 14 * DAY_S)
    categories = set(people.merchants.category[genuine.merchant].tolist())
    for name in EVERY:
        assert set(people.merchants.category[incidents(name, people).merchant].tolist()) <= categories
