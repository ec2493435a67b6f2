"""Changes staged from the day of change on, each with the alarm that monitoring must raise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.drift.portfolio import Payments
from features.columns import NO_CATEGORY

Mask = NDArray[np.bool_]
Change = Callable[[Payments, Mask, np.random.Generator], Payments]


def as_it_was(payments: Payments, after: Mask, rng: np.random.Generator) -> Payments:
    """Leave the payments unchanged."""
    return payments


def amounts_in_cents(payments: Payments, after: Mask, rng: np.random.Generator) -> Payments:
    """Make one feed of five send cents instead of euros."""
    feed = after & (rng.random(len(payments)) < 0.2)
    return replace(payments, amount=np.where(feed, payments.amount * 100, payments.amount))


def all_amounts_tripled(payments: Payments, after: Mask, rng: np.random.Generator) -> Payments:
    """Triple every amount."""
    return replace(payments, amount=np.where(after, payments.amount * 3, payments.amount))


def new_country(payments: Payments, after: Mask, rng: np.random.Generator) -> Payments:
    """Send two payments of a hundred to merchants of a country with a new currency."""
    abroad = after & (rng.random(len(payments)) < 0.02)
    shop = np.char.add(b"abroad_", rng.integers(0, 200, len(payments)).astype("S"))
    return replace(
        payments,
        currency=np.where(abroad, "THB", payments.currency),
        merchant=np.where(abroad, shop, payments.merchant),
    )


def new_category(payments: Payments, after: Mask, rng: np.random.Generator) -> Payments:
    """Give two payments of a hundred a new merchant category."""
    other = after & (rng.random(len(payments)) < 0.02)
    return replace(payments, category=np.where(other, np.int32(7995), payments.category))


def category_lost(payments: Payments, after: Mask, rng: np.random.Generator) -> Payments:
    """Remove the category of one payment of ten."""
    lost = after & (rng.random(len(payments)) < 0.1)
    return replace(payments, category=np.where(lost, np.int32(NO_CATEGORY), payments.category))


def new_cards(payments: Payments, after: Mask, rng: np.random.Generator) -> Payments:
    """Give every tenth payment a new card, as after the purchase of a portfolio."""
    bought = after & (rng.random(len(payments)) < 0.1)
    card = np.char.add(b"bought_", np.arange(len(payments)).astype("S"))
    return replace(payments, card=np.where(bought, card, payments.card))


@dataclass(frozen=True)
class Labels:
    """Labels after the change: some sources send none, or more alerts turn out genuine."""

    silent: tuple[str, ...] = ()
    also_genuine: float = 0.0
    """Share of confirmed alerts that turn out genuine."""


@dataclass(frozen=True)
class Stage:
    """One staged change, the alarm that it must raise, and the documented limit in hours."""

    name: str
    alarm: str
    within_h: float
    change: Change = as_it_was
    labels: Labels = field(default_factory=Labels)
    surprise_more: float = 0.0
    """Added to every surprise, as if the tails no longer fitted."""


STAGES = (
    Stage("amounts in cents on a fifth of traffic", "feature_drift", 24, amounts_in_cents),
    Stage("all amounts tripled", "feature_drift", 24, all_amounts_tripled),
    Stage("merchants of a new country, 2%", "unseen_values", 24, new_country),
    Stage("a new merchant category, 2%", "unseen_values", 24, new_category),
    Stage("category missing on 10%", "missing_values", 24, category_lost),
    Stage("a bought portfolio, 10% new cards", "new_entities", 24, new_cards),
    Stage("tails off by a factor of ten", "score_drift", 24, surprise_more=1.0),
    Stage("tails off by a factor of thirty", "alert_rate", 24, surprise_more=1.5),
    Stage("chargebacks stop", "labels_silent", 48, labels=Labels(silent=("chargeback",))),
    Stage("analysts stop", "labels_silent", 48, labels=Labels(silent=("analyst",))),
    Stage("precision halves", "precision_fall", 96, labels=Labels(also_genuine=0.6)),
)
