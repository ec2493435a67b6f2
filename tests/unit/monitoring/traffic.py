"""Build TrafficCounts, in the format of the monitor, for tests."""

from __future__ import annotations

from collections import Counter

import numpy as np

from monitoring.traffic_counts import HOUR_S, SURPRISE_BINS, TrafficCounts

NAMES = ("log_amount", "weekend", "card_log_age_days")
EVEN = (0.1,) * 10


def hour(
    rows: int = 200,
    *,
    shares: dict[str, tuple[float, ...]] | None = None,
    alerts: float = 1.0,
    surprise: float = 0.3,
    categories: dict[str, float] | None = None,
    new: float = 0.0,
) -> TrafficCounts:
    """Return an hour of `rows`; each feature of `NAMES` is even over its ten bins unless in `shares`."""
    features = np.array([(shares or {}).get(name, EVEN) for name in NAMES]) * rows
    scores = np.zeros(SURPRISE_BINS)
    scores[int(surprise * 20)] = rows
    kinds = categories or {"5411": 1.0}
    return TrafficCounts(
        features,
        scores,
        float(rows),
        rows,
        alerts,
        Counter({kind: share * rows for kind, share in kinds.items()}),
        Counter({"EUR": float(rows)}),
        Counter({"card": new * rows}),
    )


def weeks(
    days: float, usual: TrafficCounts, last_day: TrafficCounts | None = None
) -> dict[float, TrafficCounts]:
    """Return `days` of equal hours; `last_day` replaces the last 24 hours if given."""
    hours = int(days * 24)
    last = last_day or usual
    return {n * HOUR_S: last if n >= hours - 24 else usual for n in range(hours)}
