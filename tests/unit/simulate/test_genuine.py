"""Genuine payments have the habits of people."""

import numpy as np
import pytest

from simulate.cards import MONTH_S
from simulate.categories import BILL_CODES, CATEGORIES
from simulate.chunk import Chunk
from simulate.merchants import ONLINE
from simulate.rhythm import hour_of_day, hour_of_week
from simulate.traffic import SimulatedTraffic

START = 1_750_000_000.0
DAYS = 56.0  # whole weeks, so that every weekday counts the same


@pytest.fixture(scope="module")
def life() -> Chunk:
    """Return all payments in one chunk: at this rate 1,500 cards make fewer than a window holds."""
    chunks = list(SimulatedTraffic(seed=3, cards=300).history(START, DAYS, families=[]))
    assert len(chunks) == 1
    return chunks[0]


def test_nights_are_quiet_and_evenings_busy(life: Chunk) -> None:
    by_hour = np.bincount(hour_of_day(life.time).astype(int), minlength=24) / len(life)
    assert by_hour[2:5].sum() < 0.04
    assert by_hour[17:20].sum() > 0.18


def test_saturdays_are_busier_than_sundays(life: Chunk) -> None:
    by_day = np.bincount(hour_of_week(life.time) // 24, minlength=7)
    assert by_day[5] > 1.25 * by_day[6]


def test_most_payments_are_at_favourites_and_some_at_new_merchants(life: Chunk) -> None:
    favourites = life.people.cards.favourites[life.card]
    share = (favourites == life.merchant[:, None]).any(axis=1).mean()
    assert 0.5 < share < 0.85


def test_people_pay_at_home_online_and_at_times_elsewhere(life: Chunk) -> None:
    region = life.people.merchants.region[life.merchant]
    away = (region != ONLINE) & (region != life.people.cards.region[life.card])
    assert 0.1 < (region == ONLINE).mean() < 0.5
    assert 0.005 < away.mean() < 0.06


def test_amounts_follow_the_category(life: Chunk) -> None:
    usual = {category.code: category.median for category in CATEGORIES if category.code not in BILL_CODES}
    medians = {
        code: np.median(life.amount[life.mcc == code]) for code in usual if (life.mcc == code).sum() > 300
    }
    assert len(medians) > 8
    for code, median in medians.items():
        assert usual[code] / 1.7 < median < usual[code] * 1.7, code


def test_bills_come_again_after_a_month_with_the_same_amount(life: Chunk) -> None:
    bills = life.people.bills
    for number in range(20):
        mine = (life.card == bills.card[number]) & (life.merchant == bills.merchant[number])
        times = life.time[mine & (life.amount == round(bills.amount[number], 2))]
        gaps = times[:, None] - times[None, :]
        assert (np.abs(gaps - MONTH_S) < 1.0).any() or len(times) == 1


def test_shops_sell_while_they_are_open(life: Chunk) -> None:
    by_code = {category.code: category for category in CATEGORIES}
    in_shop = life.people.merchants.region[life.merchant] != ONLINE
    hour = hour_of_day(life.time)
    for code in (5411, 5912, 5651):
        hours = hour[in_shop & (life.mcc == code)]
        assert len(hours) > 100
        assert by_code[code].opens <= hours.min() <= hours.max() < by_code[code].closes
