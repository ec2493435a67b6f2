"""How likely each alert is genuine, from the verdicts on similar alerts of two weeks.

A logistic regression reads the surprise, the time of day, and what else is known of the card: alerts come in
runs on a card that is compromised. On simulated weeks 1% of the alerts that had another one on the same card
within half a day were genuine, and 31% of the others.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from meta.arrays import Doubles
from meta.steering_inputs import RecentAlerts
from meta.volume import DAY_S

NEAR_S = DAY_S / 2
"""Alerts on one card that are closer than this are a run."""
HALF_LIFE_S = 5 * DAY_S
"""Age at which a verdict counts half; bursts of fraud change what alerts are."""
_CENTRE = 3.0
_PENALTY = np.array([0.2, 1.0, 1.0, 1.0, 1.0, 1.0])
"""Of intercept, surprise, run, earlier fraud and time of day; the intercept shrinks to the prior."""
_STEPS = 8
_LARGEST = 2.0


def genuine_probability(alerts: RecentAlerts, prior: float, *, now: float) -> Doubles:
    """Return the probability of each alert that it is genuine, float64 (n,); 0 or 1 where it is judged.

    Args:
        alerts: Recent alerts.
        prior: Probability before any verdict is known, 0 to 1.
        now: Newest event time, seconds since 1970.

    Returns:
        Probabilities. Without verdicts they are the prior.
    """
    found = np.where(alerts.judged, ~alerts.fraud, prior).astype(np.float64)
    open_ = ~alerts.judged
    if not open_.any() or not alerts.judged.any():
        return found
    X = _design(alerts)
    weight = np.exp2(-(now - alerts.event_time[~open_]) / HALF_LIFE_S)
    beta = _fitted(X[~open_], ~alerts.fraud[~open_], weight, prior)
    found[open_] = _logistic(X[open_] @ beta)
    return found


def _design(alerts: RecentAlerts) -> Doubles:
    angle = 2.0 * np.pi * (alerts.event_time % DAY_S) / DAY_S
    run, earlier = _of_card(alerts)
    one = np.ones(len(angle))
    columns = (one, alerts.surprise - _CENTRE, run, earlier, np.sin(angle), np.cos(angle))
    return np.stack([np.asarray(column, np.float64) for column in columns], axis=1)


def _of_card(alerts: RecentAlerts) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which alerts are in a run, and which follow a confirmed one without being in a run."""
    order = np.lexsort((alerts.event_time, alerts.card))
    card, time, n = alerts.card[order], alerts.event_time[order], len(order)
    gap = np.full(n + 1, np.inf)  # between each alert and the one before on its card
    gap[1:n] = np.where(card[1:] == card[:-1], np.diff(time), np.inf)
    near = np.minimum(gap[:-1], gap[1:]) < NEAR_S
    follows = np.zeros(n, np.bool_)
    follows[1:] = np.isfinite(gap[1:n]) & (alerts.fraud & alerts.judged)[order][:-1] & ~near[1:]
    run, earlier = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    run[order], earlier[order] = near, follows
    return run, earlier


def _fitted(X: Doubles, genuine: NDArray[np.bool_], weight: Doubles, prior: float) -> Doubles:
    """Return the coefficients by Newton's method."""
    at = min(max(prior, 0.02), 0.98)
    centre = np.zeros(X.shape[1])
    centre[0] = np.log(at / (1.0 - at))
    beta = centre.copy()
    for _ in range(_STEPS):
        p = _logistic(X @ beta)
        slope = X.T @ (weight * (genuine - p)) - _PENALTY * (beta - centre)
        bend = (X.T * (weight * p * (1.0 - p))) @ X + np.diag(_PENALTY)
        beta = beta + np.clip(np.linalg.solve(bend, slope), -_LARGEST, _LARGEST)
    return np.asarray(beta)


def _logistic(x: Doubles) -> Doubles:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(x, -30.0, 30.0))))
