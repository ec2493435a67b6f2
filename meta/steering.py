"""Steers the threshold so that the false alarms of each day are what the budget allows.

Two parts work together. Feed-forward: the quantile of recent traffic under everything in force. Feedback: the
share that the quantile is taken at is what is left of the period's budget, over the transactions that are
still expected. So an error of the quantile, from drift or a small sample, corrects itself within the period.
What remains at the end of days corrects the budget of later ones.

Only false alarms are counted. Alerts judged as fraud are not, and unjudged ones count with the probability
that they are genuine. A burst of fraud therefore does not raise the threshold for long.

Written rules, lists and segments with a bound of their own spend from the same budget. What they spent, and
what they are expected to spend, is taken from what the threshold may let through (`meta.fixed_alerts`).

Sources: quantile tracking (Angelopoulos, Candes, Tibshirani 2023, arXiv:2307.16895) and adaptive conformal
inference (Gibbs, Candes 2021, arXiv:2106.00170), both of which correct the level at which a quantile is taken
by the error so far; here the step follows from the horizon, as in budget pacing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meta.arrays import Doubles
from meta.calibration import CEILING
from meta.fixed_alerts import fixed_genuine, fixed_use
from meta.likely_genuine import genuine_probability
from meta.pacing import HASTE, LEARNING_MOST, LEAST, MOST, correction, paced_share
from meta.precision import ENOUGH_JUDGED, Judged, presumed_genuine
from meta.steering_inputs import HOUR_S, Traffic, period_start
from meta.upper_quantile import FEWEST_SCORES, upper_quantile
from meta.volume import DAY_S, rest_of_period

NEWEST_JUDGED = 1_000
"""Alerts with a verdict that the precision of recent transactions is learned from."""
UNJUDGED_S = DAY_S
"""Rows younger and older than this have a share of unjudged alerts each: most verdicts come within a day."""
MOVES = 0.08
"""Surprise by which the threshold must move before it is changed, 20% more or fewer alerts: two samples
differ by half of it."""
LARGEST_STEP = 0.3
"""Surprise by which one decision moves the threshold at most: a factor of 2 in alerts."""


MOST_IN_AN_HOUR = 1.1
"""Budgets of an hour that may be spent. Then the threshold rises above the alerts of that hour; while
learning, it closes until the hour ends."""


@dataclass(frozen=True)
class Steering:
    """The next threshold and how it came about.

    Attributes:
        threshold: As surprise.
        aimed: Share of genuine traffic that it should let through.
        false_alarms: Counted in the period so far, of all causes: judged ones, and unjudged by probability.
        fixed: Those of them that rules, lists and segments raised.
        fixed_share: Share of genuine traffic that these causes are expected to alert.
        least: Part of the budget that is left to the threshold in any case.
    """

    threshold: float
    aimed: float
    false_alarms: float
    fixed: float = 0.0
    fixed_share: float = 0.0
    least: float = LEAST

    def at_floor(self, budget: float) -> bool:
        """Return whether rules, lists and segments leave the threshold no more than its floor."""
        return self.fixed_share > 0.0 and self.fixed_share >= (1.0 - self.least) * budget


def steer(
    traffic: Traffic, *, threshold: float, budget: float, learning: bool = False, least: float = LEAST
) -> Steering | None:
    """Return the next threshold.

    Args:
        traffic: What is stored.
        threshold: The threshold in force, as surprise.
        budget: Share of genuine traffic that may be alerted, in (0, 1).
        learning: Whether the tails are not fitted to this traffic yet. The budget then holds over each hour,
            a closed threshold opens in one step, and every alert without a verdict counts as false.
        least: Part of the budget that the threshold may spend although rules, lists and segments use more
            than the rest, 0 to 1.

    Returns:
        The next threshold; None where fewer than 300 transactions are known.
    """
    scores = traffic.scores
    if len(scores.surprise) < FEWEST_SCORES:
        return None
    start, alerts = period_start(traffic.now, learning=learning), traffic.alerts
    genuine = (~alerts.fraud).astype(np.float64) if learning else fixed_genuine(alerts)
    fixed = fixed_use(alerts, genuine, scores, start=start, now=traffic.now)
    own = fixed.left(budget, least)
    if not learning:
        genuine[~alerts.fixed] = _genuine(traffic, own)
    counted, frauds = _counted(traffic, genuine, budget, learning)
    rest = _rest(traffic, learning)
    allowed = budget * (traffic.rows + rest)
    if learning and counted + min(fixed.counted, (1.0 - least) * allowed) >= MOST_IN_AN_HOUR * allowed:
        return Steering(CEILING, 0.0, counted + fixed.counted, fixed.counted, fixed.share, least)
    corrected = 1.0 if learning else correction(scores, alerts, genuine, budget, start=start, least=least)
    aimed = paced_share(
        budget * corrected,
        rows=traffic.rows - frauds,
        rest=max(rest, traffic.reaction),
        counted=counted,
        most=LEARNING_MOST if learning else MOST,
        haste=1.0 if learning else HASTE,
        least=least if alerts.fixed.any() else LEAST,
        fixed=fixed,
    )
    surprise, _, weight = scores.descending
    if not learning:
        weight = _weights(traffic, threshold, own)
    brake = _brake(traffic, genuine, budget, learning, fixed.last_hour, least)
    wanted = max(upper_quantile(surprise, weight, aimed), brake)
    if threshold < CEILING:
        wanted = float(np.clip(wanted, threshold - LARGEST_STEP, threshold + LARGEST_STEP))
    return Steering(wanted, aimed, counted + fixed.counted, fixed.counted, fixed.share, least)


def _genuine(traffic: Traffic, budget: float) -> Doubles:
    """Return how likely each alert of the threshold is genuine; its budget is what rules leave."""
    alerts = traffic.alerts.steered
    own = (alerts.event_time >= period_start(traffic.now, learning=False)) & ~alerts.judged
    prior = presumed_genuine(int(np.sum(own)), traffic.rows, budget)
    return genuine_probability(alerts, prior, now=traffic.now)


def _counted(traffic: Traffic, genuine: Doubles, budget: float, learning: bool) -> tuple[float, int]:
    """Return the threshold's false alarms of the period so far, and the judged frauds of all causes.

    Unjudged alerts count with their probability of being genuine. Beyond twice what the budget allows, and
    two standard deviations, they are a burst of fraud more likely than false alarms, until verdicts say
    otherwise.
    """
    alerts, start = traffic.alerts, period_start(traffic.now, learning=learning)
    own = alerts.event_time >= start
    steered = own & ~alerts.fixed
    rejected = int(np.sum(steered & alerts.judged & ~alerts.fraud))
    unjudged = float(np.sum(genuine[steered & ~alerts.judged]))
    if not learning and np.sum(alerts.judged) >= ENOUGH_JUDGED:
        usual = budget * traffic.rows
        unjudged = min(unjudged, 2.0 * usual + 2.0 * usual**0.5 + 1.0)
    return rejected + unjudged, int(np.sum(own & alerts.fraud))


def _weights(traffic: Traffic, threshold: float, budget: float) -> Doubles:
    """Return the weight of each recent transaction, highest surprise first: age, and being genuine."""
    surprise, age, weight = traffic.scores.descending
    n = int(np.searchsorted(-surprise, -threshold))
    if not n:
        return weight
    weight = weight.copy()
    prior = presumed_genuine(n, len(surprise), budget)
    alerts = traffic.alerts.steered
    young, young_alerts = age[:n] < UNJUDGED_S, alerts.event_time > traffic.now - UNJUDGED_S
    for rows, of_same_days in ((young, young_alerts), (~young, ~young_alerts)):
        at = np.flatnonzero(rows)
        weight[at] *= _genuine_weight(traffic, surprise[at], of_same_days, threshold, prior)
    return weight


def _genuine_weight(
    traffic: Traffic, surprise: Doubles, own: NDArray[np.bool_], threshold: float, prior: float
) -> Doubles:
    """Return how likely transactions above the threshold are genuine, that no verdict calls fraud.

    Those that no analyst has judged may be fraud. How many are not judged follows from the number of rejected
    alerts of the same days, `own`, above the threshold.
    """
    alerts = traffic.alerts.steered
    judged = np.flatnonzero(alerts.judged & own)
    newest = judged[np.argsort(-alerts.event_time[judged], kind="stable")[:NEWEST_JUDGED]]
    known = Judged(alerts.surprise[newest], alerts.fraud[newest])
    rejected = float(np.sum(own & alerts.judged & ~alerts.fraud & (alerts.surprise > threshold)))
    unjudged = max(1.0 - rejected / max(traffic.scores.scale * len(surprise), 1.0), 0.0)
    return 1.0 - unjudged * (1.0 - known.genuine_share(surprise, np.full(len(surprise), prior)))


def _brake(
    traffic: Traffic, genuine: Doubles, budget: float, learning: bool, fixed: float, least: float
) -> float:
    """Return the level above which the last hour has no more false alarms than its budget and their noise.

    The budget is what `fixed` false alarms of rules, lists and segments in this hour leave.

    A sample of two weeks notices a sudden change late; the alerts of the last hour are all known.
    """
    alerts, scores = traffic.alerts, traffic.scores
    hour = (alerts.event_time > traffic.now - HOUR_S) & ~alerts.fixed
    own = np.flatnonzero(hour & alerts.comparable & ~alerts.fraud)
    own = own[np.argsort(-alerts.surprise[own], kind="stable")]
    last = np.max(scores.event_time)
    rows = scores.scale * np.sum(scores.event_time > last - HOUR_S)
    usual = max(budget * rows - fixed, least * budget * rows) if fixed else budget * rows
    most = MOST_IN_AN_HOUR * usual + (0.0 if learning else 1.0 + 2.0 * usual**0.5)
    share = genuine[own]
    if not learning and not alerts.judged.any():
        share = np.full(len(own), presumed_genuine(len(own), rows, usual / max(rows, 1.0)))
    over = np.flatnonzero(np.cumsum(share) > most)
    return float(alerts.surprise[own[over[0]]]) if len(over) else 0.0


def _rest(traffic: Traffic, learning: bool) -> float:
    """Return the transactions that are still expected in the period."""
    start, scores = period_start(traffic.now, learning=learning), traffic.scores
    end = start + (HOUR_S if learning else DAY_S)
    return rest_of_period(
        scores.event_time, scores.scale, start=start, now=traffic.now, end=end, rows=traffic.rows
    )
