"""Steers the threshold so that the false alarms of each day are what the budget allows.

Two parts work together. Feed-forward: the quantile of recent traffic under everything in force. Feedback: the
share that the quantile is taken at is what is left of the period's budget, over the transactions that are
still expected. So an error of the quantile, from drift or a small sample, corrects itself within the period.

Only false alarms are counted. Alerts judged as fraud are not, and unjudged ones count with the probability
that they are genuine. A burst of fraud therefore does not raise the threshold for long.

Sources: quantile tracking (Angelopoulos, Candes, Tibshirani 2023, arXiv:2307.16895) and adaptive conformal
inference (Gibbs, Candes 2021, arXiv:2106.00170), both of which correct the level at which a quantile is taken
by the error so far; here the step follows from the horizon, as in budget pacing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from meta.arrays import Doubles
from meta.calibration import CEILING
from meta.precision import ENOUGH_JUDGED, Judged, presumed_genuine
from meta.upper_quantile import FEWEST_SCORES, upper_quantile
from meta.volume import DAY_S, rest_of_period

HOUR_S = 3_600.0
NEWEST_JUDGED = 200
"""Alerts with a verdict that the precision of unjudged ones is learned from."""
HALF_LIFE_S = 7 * DAY_S
"""Age at which a row counts half; chosen on Handbook days 105 to 119."""
UNJUDGED_S = DAY_S
"""Rows younger and older than this have a share of unjudged alerts each: most verdicts come within a day."""
LEAST, MOST = 0.1, 4.0
"""The share aimed at is between the budget times these. Chosen on Handbook days 105 to 119, where 8 for the
upper limit put fewer days within 10%."""
MOVES = 0.08
"""Surprise by which the threshold must move before it is changed, 20% more or fewer alerts: two samples
differ by half of it."""
LARGEST_STEP = 0.3
"""Surprise by which one decision moves the threshold at most: a factor of 2 in alerts."""


LEARNING_MOST = 1.25
"""While learning, the share aimed at is at most the budget times this: no hour may have 1.5 times of it."""
MOST_IN_AN_HOUR = 1.1
"""Budgets of an hour that may be spent. Then the threshold rises above the alerts of that hour; while
learning, it closes until the hour ends."""


@dataclass(frozen=True)
class RecentScores:
    """An even sample of n recent transactions that no verdict calls fraud.

    Attributes:
        surprise: Surprise under everything in force, float64 (n,).
        event_time: Seconds since 1970, float64 (n,).
        scale: Transactions that each of the sample represents, 1 or more.
    """

    surprise: Doubles
    event_time: Doubles
    scale: float

    @cached_property
    def descending(self) -> tuple[Doubles, Doubles, Doubles]:
        """Surprise, age in seconds and weight of the rows, highest surprise first."""
        order = np.argsort(-self.surprise, kind="stable")
        age = np.max(self.event_time, initial=0.0) - self.event_time[order]
        return self.surprise[order], age, np.exp2(-age / HALF_LIFE_S)


@dataclass(frozen=True)
class RecentAlerts:
    """n alerts of recent days, at least those of today.

    Attributes:
        event_time: Seconds since 1970, float64 (n,).
        surprise: As it was scored, float64 (n,).
        judged: Whether there is a verdict, bool (n,).
        fraud: Whether the verdict is fraud, bool (n,).
        comparable: Whether it was scored under the tails and detectors that are in force, bool (n,).
    """

    event_time: Doubles
    surprise: Doubles
    judged: NDArray[np.bool_]
    fraud: NDArray[np.bool_]
    comparable: NDArray[np.bool_]


@dataclass(frozen=True)
class Traffic:
    """What is stored when a decision is made.

    Attributes:
        scores: Recent transactions under everything in force.
        alerts: Recent alerts.
        now: The newest event time, seconds since 1970.
        rows: Transactions since `period_start`.
        reaction: Transactions that arrive before this decision can be corrected.
    """

    scores: RecentScores
    alerts: RecentAlerts
    now: float
    rows: float
    reaction: float


@dataclass(frozen=True)
class Steering:
    """The next threshold and how it came about.

    Attributes:
        threshold: As surprise.
        aimed: Share of genuine traffic that it should let through.
        false_alarms: Counted in the period so far: judged ones, and unjudged ones by probability.
    """

    threshold: float
    aimed: float
    false_alarms: float


def period_start(now: float, *, learning: bool) -> float:
    """Return when the period of the budget began: the day (UTC), or the hour while learning."""
    length = HOUR_S if learning else DAY_S
    return now // length * length


def steer(traffic: Traffic, *, threshold: float, budget: float, learning: bool = False) -> Steering | None:
    """Return the next threshold.

    Args:
        traffic: What is stored.
        threshold: The threshold in force, as surprise.
        budget: Share of genuine traffic that may be alerted, in (0, 1).
        learning: Whether the tails are not fitted to this traffic yet. The budget then holds over each hour,
            a closed threshold opens in one step, and every alert without a verdict counts as false.

    Returns:
        The next threshold; None where fewer than 300 transactions are known.
    """
    scores = traffic.scores
    if len(scores.surprise) < FEWEST_SCORES:
        return None
    judged = Judged.none() if learning else _judged(traffic.alerts)
    counted, frauds = _counted(traffic, judged, budget, learning)
    rest = _rest(traffic, learning)
    if learning and counted >= MOST_IN_AN_HOUR * budget * (traffic.rows + rest):
        return Steering(CEILING, 0.0, counted)
    aimed = paced_share(
        budget,
        rows=traffic.rows - frauds,
        rest=max(rest, traffic.reaction),
        counted=counted,
        most=LEARNING_MOST if learning else MOST,
    )
    surprise, age, weight = scores.descending
    unsure = surprise > threshold
    if unsure.any():
        weight = weight.copy()
        prior = _prior(int(np.sum(unsure)), len(surprise), budget, learning)
        fraud = 1.0 - judged.genuine_share(surprise[unsure], prior)
        weight[unsure] *= 1.0 - fraud * _unjudged_share(traffic, age[unsure])
    wanted = max(upper_quantile(surprise, weight, aimed), _brake(traffic, judged, budget, learning))
    if threshold < CEILING:
        wanted = float(np.clip(wanted, threshold - LARGEST_STEP, threshold + LARGEST_STEP))
    return Steering(wanted, aimed, counted)


def _prior(alerts: int, rows: float, budget: float, learning: bool) -> Doubles:
    """Return how likely unjudged alerts are genuine; while learning, tails fit nothing and all count."""
    return np.full(alerts, 1.0 if learning else presumed_genuine(alerts, rows, budget))


def _judged(alerts: RecentAlerts) -> Judged:
    """Return the newest alerts with a verdict: older bursts say little about the alerts of today."""
    rows = np.flatnonzero(alerts.judged)
    newest = rows[np.argsort(-alerts.event_time[rows], kind="stable")[:NEWEST_JUDGED]]
    return Judged(alerts.surprise[newest], alerts.fraud[newest])


def _unjudged_share(traffic: Traffic, age: Doubles) -> Doubles:
    """Return the share of alerts without a verdict, among those without the verdict fraud.

    Args:
        traffic: What is stored.
        age: Age of rows in seconds, float64 (m,).

    Returns:
        For each row, the share among alerts of the last day, or among older ones, float64 (m,). Where
        analysts judge, an old row without a verdict is genuine; where they do not, it may still be fraud.
    """
    alerts = traffic.alerts
    recent, kept = alerts.event_time > traffic.now - UNJUDGED_S, ~alerts.fraud

    def share(chosen: NDArray[np.bool_]) -> float:
        return float(np.mean(~alerts.judged[chosen])) if chosen.any() else 0.0

    return np.where(age < UNJUDGED_S, share(recent & kept), share(~recent & kept))


def paced_share(budget: float, *, rows: float, rest: float, counted: float, most: float = MOST) -> float:
    """Return the share to alert from now on, so that the period ends with its budget spent.

    Args:
        budget: Share of the whole period.
        rows: Transactions so far.
        rest: Transactions still expected.
        counted: False alarms so far.
        most: The share is at most the budget times this.

    >>> paced_share(0.001, rows=5_000, rest=5_000, counted=5.0)
    0.001
    >>> round(paced_share(0.001, rows=5_000, rest=5_000, counted=7.0), 6)
    0.0006

    Counts beyond their noise widen the limits:

    >>> paced_share(0.001, rows=50_000, rest=500, counted=4.0) > MOST * 0.001
    True
    """
    usual = budget * rows
    share = budget + (usual - counted) / max(rest, 1.0)
    noise = 2.0 * usual**0.5
    # Beyond their noise, counts say that the quantile does not fit, and by how much: the limits give way.
    fewer = max(1.0, (usual - noise) / max(counted, 1.0))
    more = max(1.0, counted / (usual + noise + 1.0))
    return float(np.clip(share, budget * LEAST / more, min(budget * most * fewer, 0.5)))


def _counted(traffic: Traffic, judged: Judged, budget: float, learning: bool) -> tuple[float, int]:
    """Return the false alarms of the period so far, and its judged frauds.

    Unjudged alerts count with their probability of being genuine. Beyond twice what the budget allows, and
    two standard deviations, they are a burst of fraud more likely than false alarms, until verdicts say
    otherwise.
    """
    alerts, start = traffic.alerts, period_start(traffic.now, learning=learning)
    own = alerts.event_time >= start
    rejected = int(np.sum(own & alerts.judged & ~alerts.fraud))
    unsure = alerts.surprise[own & ~alerts.judged]
    prior = _prior(len(unsure), traffic.rows, budget, learning)
    unjudged = float(np.sum(judged.genuine_share(unsure, prior)))
    if len(judged.surprise) >= ENOUGH_JUDGED:
        usual = budget * traffic.rows
        unjudged = min(unjudged, 2.0 * usual + 2.0 * usual**0.5 + 1.0)
    return rejected + unjudged, int(np.sum(own & alerts.fraud))


def _brake(traffic: Traffic, judged: Judged, budget: float, learning: bool) -> float:
    """Return the level above which the last hour has no more false alarms than its budget and their noise.

    A sample of two weeks notices a sudden change late; the alerts of the last hour are all known.
    """
    alerts, scores = traffic.alerts, traffic.scores
    own = (alerts.event_time > traffic.now - HOUR_S) & alerts.comparable & ~alerts.fraud
    surprise = -np.sort(-alerts.surprise[own], kind="stable")
    last = np.max(scores.event_time)
    usual = budget * scores.scale * np.sum(scores.event_time > last - HOUR_S)
    most = MOST_IN_AN_HOUR * usual + (0.0 if learning else 1.0 + 2.0 * usual**0.5)
    prior = _prior(len(surprise), usual / budget, budget, learning)
    over = np.flatnonzero(np.cumsum(judged.genuine_share(surprise, prior)) > most)
    return float(surprise[over[0]]) if len(over) else 0.0


def _rest(traffic: Traffic, learning: bool) -> float:
    """Return the transactions that are still expected in the period."""
    start, scores = period_start(traffic.now, learning=learning), traffic.scores
    end = start + (HOUR_S if learning else DAY_S)
    return rest_of_period(
        scores.event_time, scores.scale, start=start, now=traffic.now, end=end, rows=traffic.rows
    )
