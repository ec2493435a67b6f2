"""Estimates recall and precision of days whose labels have not come, from the scores of their traffic.

The share of frauds at each surprise is learnt from days whose labels are in, and applied to the surprises
of a new day (confidence-based performance estimation). It assumes that a surprise means the same as before.
A new pattern that scores low breaks this, and the estimate does not see it. It is marked as an estimate, and
gates nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from meta.arrays import Doubles
from monitoring.periods import DAY_S
from monitoring.quality import KnownFraud
from monitoring.traffic_counts import SURPRISE_BINS, TrafficCounts, surprise_bin
from storage.measurements import Measurement

RECALL, PRECISION = "recall_without_labels", "precision_without_labels"
KINDS = (RECALL, PRECISION)
SHOWN_DAYS, LEARNT_DAYS = 14, 35
"""Newest days that are estimated, and days with labels that shares are learnt from."""
ENOUGH_FRAUDS = 30
_RESAMPLES, _SEED = 200, 5


@dataclass(frozen=True)
class Estimate:
    """Estimated recall and precision; both are None without alerts or frauds."""

    recall: float | None
    precision: float | None


def fraud_shares(frauds: Doubles, traffic: Doubles) -> Doubles:
    """Return the share of frauds at each surprise, never falling as surprise rises.

    Neighbouring bins are pooled until shares rise (pool adjacent violators).

    Args:
        frauds: known frauds in each bin, (bins,), the highest surprise last.
        traffic: transactions in each bin, (bins,).

    Returns:
        Shares, 0 to 1, (bins,).

    Example:
        >>> fraud_shares(np.array([0.0, 2.0, 1.0]), np.array([10.0, 10.0, 10.0])).tolist()
        [0.0, 0.15, 0.15]
    """
    pools: list[list[float]] = []
    for fraud, rows in zip(frauds.tolist(), traffic.tolist(), strict=True):
        pools.append([fraud, max(rows, fraud), 1.0])
        while len(pools) > 1 and _share(pools[-2]) >= _share(pools[-1]):
            last = pools.pop()
            pools[-1] = [a + b for a, b in zip(pools[-1], last, strict=True)]
    return np.concatenate([np.full(int(pool[2]), _share(pool)) for pool in pools])


def estimate(traffic: Doubles, alerts: float, shares: Doubles) -> Estimate:
    """Estimate the quality of traffic, of which the highest surprises were alerted.

    Args:
        traffic: transactions in each bin of surprise, (bins,).
        alerts: number of them that were alerted.
        shares: share of frauds at each surprise, (bins,).

    Returns:
        The estimate.
    """
    above = np.cumsum(traffic[::-1])[::-1] - traffic
    alerted = np.clip(alerts - above, 0.0, traffic)
    found, frauds = float(alerted @ shares), float(traffic @ shares)
    total = float(alerted.sum())
    return Estimate(found / frauds if frauds > 0 else None, found / total if total > 0 else None)


def estimate_days(
    hours: Mapping[float, TrafficCounts],
    frauds: Sequence[KnownFraud],
    newest: float,
    label_delay_days: float,
) -> list[Measurement]:
    """Estimate recall and precision of the newest whole days.

    Args:
        hours: hourly counts, by the event time at which the hour begins.
        frauds: known frauds.
        newest: event time of the newest transaction, seconds since 1970.
        label_delay_days: age in days from which labels count as complete.

    Returns:
        One measurement for each figure and day, with a 95% interval over the known frauds; none before
        thirty frauds are known on days whose labels are in.
    """
    today = newest // DAY_S * DAY_S
    until = today - np.ceil(label_delay_days) * DAY_S
    since = until - LEARNT_DAYS * DAY_S
    known = [fraud.surprise for fraud in frauds if since <= fraud.event_time < until]
    learnt = [hour for at, hour in hours.items() if since <= at < until]
    if len(known) < ENOUGH_FRAUDS or not learnt:
        return []
    by_bin = np.bincount(surprise_bin(np.array(known)), minlength=SURPRISE_BINS).astype(np.float64)
    traffic = np.sum([hour.surprise for hour in learnt], axis=0)
    drawn = np.random.default_rng(_SEED).multinomial(len(known), by_bin / len(known), size=_RESAMPLES)
    shares = [fraud_shares(one, traffic) for one in (by_bin, *drawn.astype(np.float64))]
    found = []
    for start in (today - age * DAY_S for age in range(1, SHOWN_DAYS + 1)):
        of_day = [hour for at, hour in hours.items() if start <= at < start + DAY_S]
        if of_day:
            found += _measure_day(start, of_day, shares, len(known))
    return found


def _measure_day(
    start: float, of_day: Sequence[TrafficCounts], shares: Sequence[Doubles], known: int
) -> list[Measurement]:
    traffic, alerts = np.sum([hour.surprise for hour in of_day], axis=0), sum(hour.alerts for hour in of_day)
    estimates = [estimate(traffic, alerts, one) for one in shares]
    rows = []
    for kind, values in (
        (RECALL, [one.recall for one in estimates]),
        (PRECISION, [one.precision for one in estimates]),
    ):
        drawn = [value for value in values[1:] if value is not None]
        if values[0] is not None and drawn:
            low, high = np.quantile(drawn, (0.025, 0.975)).tolist()
            details = {"estimate": True, "learnt_from_frauds": known}
            rows.append(
                Measurement(
                    kind=kind, subject="", time=start, value=values[0], low=low, high=high, details=details
                )
            )
    return rows


def _share(pool: Sequence[float]) -> float:
    return pool[0] / pool[1] if pool[1] > 0 else 0.0
