"""An hour of event time in counts: small enough to keep, enough to compare any periods with each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from meta.arrays import Doubles
from meta.histograms import BINS, Histograms
from storage.measurements import Measurement
from storage.new_traffic import NewTraffic

KIND = "traffic"
HOUR_S = 3_600.0
# Surprise in twentieths up to 6: one genuine transaction in a million lies beyond.
SURPRISE_BINS, SURPRISE_TOP = 120, 6.0
MISSING = ""
"""Stands for a field that a transaction does not have."""
NO_CATEGORY = -1  # as features/columns.py writes it


@dataclass(frozen=True)
class Traffic:
    """Counts of a period of time; transactions that stand for others count as many as they stand for.

    features: (d, 10) in the reference's bins. surprise: (120,). categories, currencies: by value. new: by
    entity, those that were never seen before. looked_at: how many rows were really read.
    """

    features: Doubles
    surprise: Doubles
    rows: float = 0.0
    looked_at: int = 0
    alerts: float = 0.0
    categories: Counter[str] = field(default_factory=Counter)
    currencies: Counter[str] = field(default_factory=Counter)
    new: Counter[str] = field(default_factory=Counter)

    @classmethod
    def nothing(cls, width: int) -> Traffic:
        """No traffic, of `width` features."""
        return cls(np.zeros((width, BINS)), np.zeros(SURPRISE_BINS))

    def __add__(self, other: Traffic) -> Traffic:
        return Traffic(
            self.features + other.features,
            self.surprise + other.surprise,
            self.rows + other.rows,
            self.looked_at + other.looked_at,
            self.alerts + other.alerts,
            self.categories + other.categories,
            self.currencies + other.currencies,
            self.new + other.new,
        )

    def to_measurement(self, start: float, base: str) -> Measurement:
        """As it is stored; `base` says whose bins these are."""
        details = {
            "base": base,
            "features": self.features.tolist(),
            "surprise": self.surprise.tolist(),
            "looked_at": self.looked_at,
            "alerts": self.alerts,
            "categories": dict(self.categories),
            "currencies": dict(self.currencies),
            "new": dict(self.new),
        }
        return Measurement(kind=KIND, subject="", time=start, value=self.rows, details=details)

    @classmethod
    def from_measurement(cls, row: Measurement) -> Traffic:
        """The inverse of `to_measurement`."""
        told: dict[str, Any] = row.details
        return cls(
            np.array(told["features"]),
            np.array(told["surprise"]),
            row.value,
            told["looked_at"],
            told["alerts"],
            Counter(told["categories"]),
            Counter(told["currencies"]),
            Counter(told["new"]),
        )


def total(hours: Iterable[Traffic], width: int) -> Traffic:
    """All hours together."""
    return sum(hours, Traffic.nothing(width))


def count_by_hour(
    new: NewTraffic, names: Sequence[str], histograms: Histograms, entities: Sequence[str]
) -> dict[float, Traffic]:
    """The counts of newly stored transactions, by the beginning of their hour."""
    hours = np.floor(new.event_time / HOUR_S) * HOUR_S
    return {
        float(start): _count(new, np.flatnonzero(hours == start), names, histograms, entities)
        for start in np.unique(hours)
    }


def surprise_bin(surprise: Doubles) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The place of each surprise in `Traffic.surprise`."""
    scaled = np.floor(np.asarray(surprise) * (SURPRISE_BINS / SURPRISE_TOP)).astype(np.int64)
    return np.clip(scaled, 0, SURPRISE_BINS - 1)


def _count(
    new: NewTraffic,
    rows: np.ndarray[Any, np.dtype[np.intp]],
    names: Sequence[str],
    histograms: Histograms,
    entities: Sequence[str],
) -> Traffic:
    n, weight, features = len(rows), new.weight, new.features[rows]
    surprise = np.bincount(surprise_bin(new.surprise[rows]), minlength=SURPRISE_BINS)
    ages = {e: names.index(f"{e}_log_age_days") for e in entities if f"{e}_log_age_days" in names}
    categories = Counter(_category(new.category[row]) for row in rows)
    currencies = Counter(new.currency[row] or MISSING for row in rows)
    return Traffic(
        histograms.count(features) * n * weight,
        surprise.astype(np.float64) * weight,
        n * weight,
        n,
        float(np.count_nonzero(new.alerted[rows])) * weight,
        _weighted(categories, weight),
        _weighted(currencies, weight),
        Counter({entity: float(np.sum(features[:, at] == 0)) * weight for entity, at in ages.items()}),
    )


def _category(code: int) -> str:
    return MISSING if code == NO_CATEGORY else str(code)


def _weighted(counts: Counter[str], weight: float) -> Counter[str]:
    return Counter({value: count * weight for value, count in counts.items()})
