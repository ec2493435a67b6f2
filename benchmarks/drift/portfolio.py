"""Weeks of a portfolio as arrays: payments, features and scores."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from features.offline import columns_from, featurise
from features.schema import TransactionSchema
from meta.artifacts import Artifacts
from meta.base import BaseModel
from meta.calibration import Tails
from meta.stack import ScoringStack
from simulate.traffic import CARDS, MERCHANTS, SimulatedTraffic

DAY_S = 86_400.0
# 2023-11-06 is a Monday; the weeks that follow contain two month ends.
START = 1_699_228_800.0
CALIBRATED_ON = (START + 7 * DAY_S, START + 14 * DAY_S)  # by then profiles are filled
# Bills and wages: this share of the payments on other days is left out, so that the five days around a month
# end are a third busier.
LEFT_OUT_OTHERWISE = 0.25


@dataclass(frozen=True)
class Payments:
    """n payments in event-time order; every field has n entries. Cards and merchants are ids, as bytes."""

    ids: NDArray[np.bytes_]
    time: NDArray[np.float64]
    amount: NDArray[np.float64]
    currency: NDArray[np.str_]
    category: NDArray[np.int32]
    channel: NDArray[np.int8]
    card: NDArray[np.bytes_]
    merchant: NDArray[np.bytes_]
    fraud: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.time)

    def take(self, index: NDArray[np.bool_]) -> Payments:
        """Return the payments that `index` selects."""
        return Payments(**{name: getattr(self, name)[index] for name in self.__dataclass_fields__})

    def features(self) -> NDArray[np.float32]:
        """Return the features that the stream would compute, float32 (n, d)."""
        columns = columns_from(
            self.time,
            self.amount,
            (self.card, self.merchant),
            category=self.category,
            channel=self.channel,
        )
        return featurise(TransactionSchema(), columns)


def draw(seed: int, days: float, cards: int = CARDS, merchants: int = MERCHANTS) -> Payments:
    """Draw payments of `days` from START, with weekly and hourly rhythms and peaks around month ends."""
    chunks = list(SimulatedTraffic(seed, cards, merchants).history(START, days))
    names = chunks[0].names
    time = np.concatenate([chunk.time for chunk in chunks])
    payments = Payments(
        np.concatenate([chunk.transaction for chunk in chunks]),
        time,
        np.concatenate([chunk.amount for chunk in chunks]),
        np.full(len(time), "EUR"),
        np.concatenate([chunk.mcc for chunk in chunks]),
        np.concatenate([chunk.channel for chunk in chunks]),
        names.cards[np.concatenate([chunk.card for chunk in chunks])],
        names.merchants[np.concatenate([chunk.merchant for chunk in chunks])],
        np.concatenate([chunk.fraud for chunk in chunks]),
    )
    kept = np.random.default_rng(seed).random(len(time)) >= LEFT_OUT_OTHERWISE
    return payments.take(kept | _around_month_end(time))


def _around_month_end(time: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return whether each payment falls on the last three or first two days of a month."""
    days = np.unique(time // DAY_S)
    busy = [day for day in days.tolist() if _is_busy(datetime.fromtimestamp(day * DAY_S, UTC))]
    return np.isin(time // DAY_S, busy)


def _is_busy(day: datetime) -> bool:
    return day.day <= 2 or (day + timedelta(days=3)).day <= 3


@dataclass(frozen=True)
class Scorer:
    """The shipped base with its tails fitted on this portfolio, as an operator would fit them."""

    base: BaseModel
    tails: Tails

    @classmethod
    def fit(cls, payments: Payments) -> Scorer:
        """Calibrate on genuine payments of the second week."""
        base = Artifacts.load().base
        first, last = np.searchsorted(payments.time, CALIBRATED_ON)
        genuine = ~payments.fraud[first:last]
        return cls(base, Tails.fit(base.score(payments.features()[first:last][genuine])))

    def surprise(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the surprise of each row, float64 (n,)."""
        return ScoringStack(self.base, self.tails).score(features)[0]
