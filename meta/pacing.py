"""The share of genuine traffic to alert from now on, so that the period ends with its budget spent."""

from __future__ import annotations

import numpy as np

from meta.arrays import Doubles
from meta.fixed_alerts import FixedUse
from meta.steering_inputs import RecentAlerts, RecentScores
from meta.volume import DAY_S

LEAST, MOST = 0.1, 4.0
"""The share aimed at is between the budget times these. Chosen on Handbook days 105 to 119, where 8 for the
upper limit put fewer days within 10%."""
LEARNING_MOST = 1.25
"""While learning, the share aimed at is at most the budget times this: no hour may have 1.5 times of it."""
HASTE = 4 / 3
"""By day the first half of the transactions may spend 60% of the budget. Of the evening's alerts only the
number is known until the next morning."""
DAYS_BACK = 14
_PRIOR_DAYS = 0.8
"""Days on the budget that the correction is mixed with."""
_POWER = 3.0
"""The counts corrected already hold earlier corrections: with 3, a quarter of a lasting error remains."""
_JUDGED = 0.8
_CORRECTION = (0.8, 1.25)
NOTHING_FIXED = FixedUse(0.0, 0.0, 0.0)


def paced_share(
    budget: float,
    *,
    rows: float,
    rest: float,
    counted: float,
    most: float = MOST,
    haste: float = 1.0,
    least: float = LEAST,
    fixed: FixedUse = NOTHING_FIXED,
) -> float:
    """Return the share to alert from now on, so that the period ends with its budget spent.

    Args:
        budget: Share of the whole period.
        rows: Transactions so far.
        rest: Transactions still expected.
        counted: False alarms so far.
        most: The share is at most the budget times this.
        haste: Above 1 spends more in the morning, when verdicts still come on the same day.
        least: The share is at least the budget times this.
        fixed: What rules, lists and segments use: so far in addition to `counted`, and in the rest.

    >>> paced_share(0.001, rows=5_000, rest=5_000, counted=5.0)
    0.001
    >>> round(paced_share(0.001, rows=5_000, rest=5_000, counted=7.0), 6)
    0.0006

    What rules will use is left for them, down to the floor:

    >>> round(paced_share(0.001, rows=5_000, rest=5_000, counted=3.0, fixed=FixedUse(2.0, 0.0, 0.0004)), 6)
    0.0006
    >>> round(paced_share(0.001, rows=5_000, rest=5_000, counted=0.0, fixed=FixedUse(7.0, 0.0, 0.0014)), 6)
    0.0001

    Counts beyond their noise widen the limits:

    >>> paced_share(0.001, rows=50_000, rest=500, counted=4.0) > MOST * 0.001
    True
    """
    usual = budget * rows
    share = haste * (budget + (usual - counted - fixed.counted) / max(rest, 1.0)) - fixed.share
    noise = 2.0 * usual**0.5
    # Beyond their noise, counts say that the quantile does not fit, and by how much: the limits give way.
    fewer = max(1.0, (usual - noise) / max(counted + fixed.counted, 1.0))
    more = max(1.0, counted / (usual + noise + 1.0))
    return float(np.clip(share, budget * least / more, min(budget * most * fewer, 0.5)))


def correction(
    scores: RecentScores,
    alerts: RecentAlerts,
    genuine: Doubles,
    budget: float,
    *,
    start: float,
    least: float = LEAST,
) -> float:
    """Return what the budget of a day is multiplied by, since days before spent more or less than theirs.

    This is the integral term of the loop. Only days count whose alerts are judged, but for a fifth.

    Args:
        scores: Recent transactions.
        alerts: Recent alerts.
        genuine: Probability of each alert that it is genuine, float64 (n,); 0 or 1 where it is judged.
        budget: Share of genuine traffic that may be alerted, in (0, 1).
        start: Begin of the day, seconds since 1970.
        least: Part of the budget that rules, lists and segments do not count against. What they spent beyond
            the rest is not corrected: no threshold could have saved it.
    """
    day = np.floor((start - alerts.event_time) / DAY_S).astype(np.int64)
    row_day = np.floor((start - scores.event_time) / DAY_S).astype(np.int64)
    before = (day >= 0) & (day < DAYS_BACK)
    made = np.bincount(day[before], minlength=DAYS_BACK)
    judged = np.bincount(day[before & alerts.judged], minlength=DAYS_BACK)
    days = np.flatnonzero((made > 0) & (judged >= _JUDGED * made))
    if not len(days):
        return 1.0
    before = np.isin(day, days)
    allowed = budget * scores.scale * float(np.sum(np.isin(row_day, days)))
    prior = _PRIOR_DAYS * allowed / len(days)
    fixed = min(float(np.sum(genuine[before & alerts.fixed])), (1.0 - least) * allowed)
    spent = fixed + float(np.sum(genuine[before & ~alerts.fixed]))
    return float(np.clip(((allowed + prior) / max(spent + prior, 1e-9)) ** _POWER, *_CORRECTION))
