"""Genuine payments: favourites, errands, trips, sprees, outings and bills."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from simulate.cards import FAVOURITES, MONTH_S
from simulate.categories import CATEGORIES
from simulate.merchants import ONLINE, REGIONS
from simulate.payments import Payments
from simulate.population import Population
from simulate.rhythm import DAY_S, KIND_SHARES, hour_of_day, times_between

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int32]
Rng = np.random.Generator

_FAVOURITE, _ONLINE_ERRAND = 0.72, 0.12  # shares of payments; the rest are errands near home
_FAVOURITE_WEIGHTS = np.cumsum(1.0 / np.arange(1, FAVOURITES + 1))
_AWAY = 0.04  # share of the weeks of a card spent away
_WEEK_S = 7 * DAY_S
_SPREE, _SPREE_LAG_S = 0.16, 900.0  # share of payments followed by another, 15 minutes later on average
_SAME_SHOP = 0.3  # share of the payments of a spree
# A day out: several shops in turn, many of them new, for more than usual. It resembles a thief in a hurry.
_OUTING, _STOPS, _OUTING_LAG_S, _OUTING_FACTOR = 0.004, 4, 1_800.0, 2.5
_TREAT, _TREAT_FACTOR = 0.012, 4.0  # share of payments of four times the usual amount
_WHOLE = 0.05  # share of amounts rounded up to whole euros
_MEDIANS = np.array([category.median for category in CATEGORIES])
_SPREADS = np.array([category.spread for category in CATEGORIES])
_ROUNDED = np.array([category.rounded for category in CATEGORIES])
_OPENS = np.array([category.opens for category in CATEGORIES])
_CLOSES = np.array([category.closes for category in CATEGORIES])
_MIX = np.uint64(0x9E3779B97F4A7C15)
_CARD_STEP, _WEEK_STEP = np.uint64(2_654_435_761), np.uint64(40_503)


def payments_per_second(people: Population) -> float:
    """Return the genuine payments a second at the usual pace, averaged over a week."""
    return people.cards.rate * (1.0 + _SPREE + _SPREE**2 + _OUTING * _STOPS) + people.bills_per_second


def genuine_payments(rng: Rng, people: Population, start: float, end: float, pace: float = 1.0) -> Payments:
    """Generate the genuine payments that begin in a period.

    Args:
        rng: source of random numbers.
        people: cards and merchants.
        start: beginning of the period, seconds since 1970.
        end: end of the period; a spree that begins before it may last longer.
        pace: 2 makes every card pay twice as often; bills stay monthly.

    Returns:
        The payments, in no particular order.
    """
    time, card = _moments(rng, people, start, end, pace)
    merchant = _merchants(rng, people, time, card)
    chosen = Payments.of(time, amounts(rng, people, card, merchant), card, merchant)
    spree = _spree(rng, people, chosen)
    sprees = [spree, _spree(rng, people, spree), _outings(rng, people, chosen)]
    return Payments.joined([chosen, *sprees, _bills(people, start, end)])


def amounts(rng: Rng, people: Population, card: Numbers, merchant: Numbers) -> Floats:
    """Draw usual amounts of cards at merchants, EUR (n,)."""
    category = people.merchants.category[merchant]
    level = people.cards.level[card] * people.merchants.level[merchant]
    amount = _MEDIANS[category] * level * np.exp(_SPREADS[category] * rng.standard_normal(len(card)))
    amount = np.where(rng.random(len(card)) < _TREAT, amount * _TREAT_FACTOR, amount)
    amount = np.where(rng.random(len(card)) < _WHOLE, np.ceil(amount), amount)
    step = np.maximum(_ROUNDED[category], 0.01)
    return np.asarray(np.maximum(np.ceil(amount / step) * step, 0.5))


def _moments(rng: Rng, people: Population, start: float, end: float, pace: float) -> tuple[Floats, Numbers]:
    """Draw the times of payments and their cards."""
    cards = people.cards
    below = np.concatenate([[0.0], cards.reach])
    times, payers = [], []
    for kind in range(len(KIND_SHARES)):
        low, high = below[cards.first[kind]], below[cards.first[kind + 1]]
        time = times_between(rng, kind, (high - low) * pace, start, end)
        found = np.searchsorted(cards.reach, low + rng.random(len(time)) * (high - low), side="right")
        times.append(time)
        payers.append(np.minimum(found, cards.first[kind + 1] - 1))
    return np.concatenate(times), np.concatenate(payers).astype(np.int32)


def _merchants(rng: Rng, people: Population, time: Floats, card: Numbers) -> Numbers:
    """Draw merchants: a favourite, a shop near home or on a trip, or online; online if the shop is closed."""
    draw = rng.random(len(card))
    rank = np.searchsorted(_FAVOURITE_WEIGHTS, rng.random(len(card)) * _FAVOURITE_WEIGHTS[-1])
    favourite = people.cards.favourites[card, rank]
    region = np.where(draw > 1.0 - _ONLINE_ERRAND, ONLINE, people.cards.region[card])
    trip = _trip(card, time)
    region = np.where((trip >= 0) & (region != ONLINE), trip, region).astype(np.int32)
    errand = people.merchants.in_regions(rng, region)
    merchant = np.where((draw < _FAVOURITE) & (trip < 0), favourite, errand)
    closed = ~_is_open(people, merchant, time)
    merchant[closed] = people.merchants.in_regions(rng, np.full(int(closed.sum()), ONLINE, np.int32))
    return merchant.astype(np.int32)


def _trip(card: Numbers, time: Floats) -> Numbers:
    """Return the region that a card visits in a week, or -1; equal cards and weeks give equal answers."""
    week = (time // _WEEK_S).astype(np.uint64)
    mixed = (card.astype(np.uint64) * _CARD_STEP + week * _WEEK_STEP) * _MIX
    chance = (mixed >> np.uint64(40)).astype(np.float64) / 2**24
    region = (mixed >> np.uint64(20)) % np.uint64(REGIONS)
    return np.where(chance < _AWAY, region.astype(np.int32), -1).astype(np.int32)


def _is_open(people: Population, merchant: Numbers, time: Floats) -> npt.NDArray[np.bool_]:
    shops = people.merchants
    category, hour = shops.category[merchant], hour_of_day(time)
    by_day = (_OPENS[category] <= hour) & (hour < _CLOSES[category])
    past_midnight = hour + 24 < _CLOSES[category]
    return np.asarray(by_day | past_midnight | (shops.region[merchant] == ONLINE), bool)


def _spree(rng: Rng, people: Population, before: Payments) -> Payments:
    """Draw further payments soon after some: in the same shop, in the same region, or online again."""
    some = before.take(rng.random(len(before)) < _SPREE)
    merchant = people.merchants.in_regions(rng, people.merchants.region[some.merchant])
    merchant = np.where(rng.random(len(some)) < _SAME_SHOP, some.merchant, merchant).astype(np.int32)
    time = some.time + rng.exponential(_SPREE_LAG_S, len(some))
    spree = Payments.of(time, amounts(rng, people, some.card, merchant), some.card, merchant)
    return spree.take(_is_open(people, spree.merchant, spree.time))


def _outings(rng: Rng, people: Population, before: Payments) -> Payments:
    """Draw outings: several shops in turn after some of the payments in shops."""
    in_shop = people.merchants.region[before.merchant] != ONLINE
    first = before.take(in_shop & (rng.random(len(before)) < _OUTING))
    begun = np.repeat(np.arange(len(first)), _STOPS)
    card, region = first.card[begun], people.merchants.region[first.merchant[begun]]
    merchant = people.merchants.in_regions(rng, region)
    time = first.time[begun] + _OUTING_LAG_S * rng.gamma(2.0, 1.0, len(begun))
    amount = amounts(rng, people, card, merchant) * _OUTING_FACTOR
    outings = Payments.of(time, amount, card, merchant)
    return outings.take(_is_open(people, merchant, outings.time))


def _bills(people: Population, start: float, end: float) -> Payments:
    """Return the bills due in the period."""
    bills = people.bills
    due = start + (bills.phase - start) % MONTH_S
    now = due < end
    return Payments.of(due[now], bills.amount[now], bills.card[now], bills.merchant[now])
