"""Traffic of a period as counts: small enough to store every hour, and enough to compare any two periods."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from meta.arrays import Doubles, Floats
from meta.histograms import BINS, Histograms
from storage.measurements import Measurement
from storage.new_traffic import NewTraffic

KIND = "traffic"
HOUR_S = 3_600.0
# Bins of 0.05 up to 6; one genuine transaction in a million lies beyond.
SURPRISE_BINS, SURPRISE_TOP = 120, 6.0
MISSING = ""
"""Value of a field that a transaction does not have."""
ABSENT, PRESENT, UNKNOWN = "card absent", "card present", "channel unknown"
"""Segments of payments."""
CHANNEL = "card_absent"  # feature that is 1 where the card was not present
NO_CATEGORY = -1  # the code of features/columns.py for a missing category


@dataclass(frozen=True)
class TrafficCounts:
    """Counts of the transactions of a period; a sampled transaction counts with its weight."""

    features: Doubles
    """Counts in the bins of the reference, (d, 10)."""
    surprise: Doubles
    """Counts by bin of surprise, (120,)."""
    rows: float = 0.0
    """Transactions."""
    looked_at: int = 0
    """Transactions that were read, unweighted."""
    alerts: float = 0.0
    """Transactions that were alerted."""
    categories: Counter[str] = field(default_factory=Counter)
    """Counts by merchant category."""
    currencies: Counter[str] = field(default_factory=Counter)
    """Counts by currency."""
    new: Counter[str] = field(default_factory=Counter)
    """Transactions whose entity had never been seen, by name of the entity."""
    payments: Counter[str] = field(default_factory=Counter)
    """Transactions by segment; hours stored by earlier releases have none."""
    value: Counter[str] = field(default_factory=Counter)
    """Amount by segment."""

    @classmethod
    def empty(cls, width: int) -> TrafficCounts:
        """Return the counts of no traffic, for `width` features."""
        return cls(np.zeros((width, BINS)), np.zeros(SURPRISE_BINS))

    def __add__(self, other: TrafficCounts) -> TrafficCounts:
        return TrafficCounts(
            self.features + other.features,
            self.surprise + other.surprise,
            self.rows + other.rows,
            self.looked_at + other.looked_at,
            self.alerts + other.alerts,
            self.categories + other.categories,
            self.currencies + other.currencies,
            self.new + other.new,
            self.payments + other.payments,
            self.value + other.value,
        )

    def to_measurement(self, start: float, base: str) -> Measurement:
        """Return the counts as a row of `measurements`.

        Args:
            start: event time at which the hour begins, seconds since 1970.
            base: content hash of the base whose bins these are.

        Returns:
            The row, not yet stored.
        """
        details = {
            "base": base,
            "features": self.features.tolist(),
            "surprise": self.surprise.tolist(),
            "looked_at": self.looked_at,
            "alerts": self.alerts,
            "categories": dict(self.categories),
            "currencies": dict(self.currencies),
            "new": dict(self.new),
            "payments": dict(self.payments),
            "value": dict(self.value),
        }
        return Measurement(kind=KIND, subject="", time=start, value=self.rows, details=details)

    @classmethod
    def from_measurement(cls, row: Measurement) -> TrafficCounts:
        """Read the counts back from a row that `to_measurement` made."""
        details: dict[str, Any] = row.details
        return cls(
            np.array(details["features"]),
            np.array(details["surprise"]),
            row.value,
            details["looked_at"],
            details["alerts"],
            Counter(details["categories"]),
            Counter(details["currencies"]),
            Counter(details["new"]),
            Counter(details.get("payments", {})),
            Counter(details.get("value", {})),
        )


def sum_counts(hours: Iterable[TrafficCounts], width: int) -> TrafficCounts:
    """Add up hours of `width` features; no hours give empty counts."""
    return sum(hours, TrafficCounts.empty(width))


def count_by_hour(
    new: NewTraffic, names: Sequence[str], histograms: Histograms, entities: Sequence[str]
) -> dict[float, TrafficCounts]:
    """Count newly stored transactions by hour of event time.

    Args:
        new: the transactions.
        names: names of the d features in their order.
        histograms: bins of the features.
        entities: names of the entities.

    Returns:
        Counts, by the event time at which the hour begins.
    """
    hours = np.floor(new.event_time / HOUR_S) * HOUR_S
    return {
        float(start): _count(new, np.flatnonzero(hours == start), names, histograms, entities)
        for start in np.unique(hours)
    }


def surprise_bin(surprise: Doubles) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the index of each surprise in `TrafficCounts.surprise`."""
    scaled = np.floor(np.asarray(surprise) * (SURPRISE_BINS / SURPRISE_TOP)).astype(np.int64)
    return np.clip(scaled, 0, SURPRISE_BINS - 1)


def _count(
    new: NewTraffic,
    rows: np.ndarray[Any, np.dtype[np.intp]],
    names: Sequence[str],
    histograms: Histograms,
    entities: Sequence[str],
) -> TrafficCounts:
    n, weight, features = len(rows), new.weight, new.features[rows]
    surprise = np.bincount(surprise_bin(new.surprise[rows]), minlength=SURPRISE_BINS)
    ages = {e: names.index(f"{e}_log_age_days") for e in entities if f"{e}_log_age_days" in names}
    categories = Counter(_category(new.category[row]) for row in rows)
    currencies = Counter(new.currency[row] or MISSING for row in rows)
    amount, segments = new.amount[rows], _segments(features, names)
    return TrafficCounts(
        histograms.count(features) * n * weight,
        surprise.astype(np.float64) * weight,
        n * weight,
        n,
        float(np.count_nonzero(new.alerted[rows])) * weight,
        _weighted(categories, weight),
        _weighted(currencies, weight),
        Counter({entity: float(np.sum(features[:, at] == 0)) * weight for entity, at in ages.items()}),
        Counter({name: float(np.sum(rows_of)) * weight for name, rows_of in segments.items()}),
        Counter({name: float(np.sum(amount[rows_of])) * weight for name, rows_of in segments.items()}),
    )


def _segments(features: Floats, names: Sequence[str]) -> dict[str, np.ndarray[Any, np.dtype[np.bool_]]]:
    """Return the rows of each segment; without the feature of the channel, all are of unknown channel."""
    if CHANNEL not in names:
        return {UNKNOWN: np.ones(len(features), np.bool_)}
    absent = features[:, names.index(CHANNEL)] > 0
    return {ABSENT: absent, PRESENT: ~absent}


def _category(code: int) -> str:
    return MISSING if code == NO_CATEGORY else str(code)


def _weighted(counts: Counter[str], weight: float) -> Counter[str]:
    return Counter({value: count * weight for value, count in counts.items()})
