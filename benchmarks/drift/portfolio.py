"""A portfolio's weeks as arrays: payments, what becomes of them by some change, features and scores."""

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
from simulate.traffic import SimulatedTraffic

DAY_S = 86_400.0
# 2023-11-06 was a Monday; two ends of months fall into the weeks that follow.
START = 1_699_228_800.0
CALIBRATED_ON = (START + 7 * DAY_S, START + 14 * DAY_S)  # profiles are no longer empty then
# Bills and wages: so many of other days' payments are left out that the five days around an end of month
# are a third busier.
LEFT_OUT_OTHERWISE = 0.25


@dataclass(frozen=True)
class Payments:
    """n payments in event-time order; every field has n entries. Cards and merchants are ids, bytes."""

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
        """The payments where `index` holds."""
        return Payments(**{name: getattr(self, name)[index] for name in self.__dataclass_fields__})

    def features(self) -> NDArray[np.float32]:
        """As the stream would have made them, float32 (n, d)."""
        columns = columns_from(
            self.time,
            self.amount,
            (self.card, self.merchant),
            category=self.category,
            channel=self.channel,
        )
        return featurise(TransactionSchema(), columns)


def draw(seed: int, days: float) -> Payments:
    """Payments of `days` from START at people's own pace, by week and hour, busier around ends of months."""
    chunks = list(SimulatedTraffic(seed).history(START, days))
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
    """Whether each falls on the last three or first two days of a month."""
    days = np.unique(time // DAY_S)
    busy = [day for day in days.tolist() if _is_busy(datetime.fromtimestamp(day * DAY_S, UTC))]
    return np.isin(time // DAY_S, busy)


def _is_busy(day: datetime) -> bool:
    return day.day <= 2 or (day + timedelta(days=3)).day <= 3


@dataclass(frozen=True)
class Scorer:
    """The shipped base, its tails fitted on two weeks of this portfolio, as an operator would."""

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
        """Surprise of each, float64 (n,)."""
        return ScoringStack(self.base, self.tails).score(features)[0]
