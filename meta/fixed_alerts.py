"""False alarms that no threshold changes: of written rules, lists, and segments with a bound of their own.

They are spent from the same budget. What they will spend in the rest of a period is taken from what the
threshold may let through; a floor keeps the models from going silent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from meta.arrays import Doubles
from meta.steering_inputs import RecentAlerts, RecentScores

HALF_LIFE_S = 3 * 3_600.0
"""Age at which an alert counts half in the forecast: a rule that goes live is foreseen within hours, and ten
alerts in that time have a standard error of a quarter."""
_PRIOR = 2.0
"""Alerts presumed genuine that the verdicts on a cause are mixed with."""


@dataclass(frozen=True)
class FixedUse:
    """What causes other than the threshold use of the budget.

    Attributes:
        counted: Their false alarms in the period so far.
        last_hour: Their false alarms in the last hour.
        share: Their false alarms a transaction, as forecast for the rest of the period.
    """

    counted: float
    last_hour: float
    share: float

    def left(self, budget: float, least: float) -> float:
        """Return the share of traffic that the threshold may let through.

        Args:
            budget: Share of genuine traffic that may be alerted, in (0, 1).
            least: Part of the budget that is left in any case, 0 to 1.

        >>> FixedUse(0.0, 0.0, 0.004).left(0.01, 0.1), FixedUse(0.0, 0.0, 0.014).left(0.01, 0.1)
        (0.006, 0.001)
        """
        return max(budget - self.share, least * budget)


def fixed_genuine(alerts: RecentAlerts) -> Doubles:
    """Return how likely each alert is genuine by the verdicts on its cause, float64 (n,); 0 or 1 if judged.

    Calibration expects no number of such alerts, so without verdicts all count as genuine.

    Args:
        alerts: Alerts; those of the threshold are one cause too.
    """
    _, cause = np.unique(alerts.causes, return_inverse=True)
    judged = np.bincount(cause[alerts.judged], minlength=len(alerts.judged))
    rejected = np.bincount(cause[alerts.judged & ~alerts.fraud], minlength=len(alerts.judged))
    share = (rejected[cause] + _PRIOR) / (judged[cause] + _PRIOR)
    return np.where(alerts.judged, ~alerts.fraud, share).astype(np.float64)


def fixed_use(
    alerts: RecentAlerts, genuine: Doubles, scores: RecentScores, *, start: float, now: float
) -> FixedUse:
    """Return what fixed causes use of the budget.

    Args:
        alerts: Recent alerts.
        genuine: Probability of each that it is genuine, float64 (n,).
        scores: An even sample of recent transactions.
        start: Begin of the period, seconds since 1970.
        now: Newest event time.
    """
    of, time = genuine * alerts.fixed, alerts.event_time
    fading = np.exp2(-np.maximum(now - time, 0.0) / HALF_LIFE_S)
    rows = scores.scale * float(np.sum(np.exp2(-np.maximum(now - scores.event_time, 0.0) / HALF_LIFE_S)))
    return FixedUse(
        counted=float(np.sum(of[time >= start])),
        last_hour=float(np.sum(of[time > now - 3_600.0])),
        share=float(np.sum(of * fading)) / max(rows, 1.0),
    )
