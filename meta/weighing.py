"""Weighs what a detector brings against what it costs, and chooses its share of the budget.

A new attack may be worth a hundred times the known fraud that is lost at the margin, or less. So the gate
compares frauds or money a day, and not shares of different sets.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from meta.shares import Moved, Share, bound
from meta.stakes import Rates
from meta.trade_off import TradeOff, TradeOffPoint
from meta.verdict import Limits

_PRIOR = 0.5
"""Pseudo-count (Jeffreys) of flags that the detector adds, of those that it loses, and of the others."""
ALREADY = 0.25
"""Part in which a flag counts as newly found that the detector finds and others find already.

Flags are often alerts, so that others find them says little about the rest of the pattern. Chosen on earlier
windows of Handbook and Sparkov: docs/decisions/0006-a-gate-that-weighs.md.
"""


def weigh(shares: Sequence[Share], rates: Rates, limits: Limits, *, asked: float | None = None) -> TradeOff:
    """Estimate the effect of every share, and choose one.

    Args:
        shares: All shares, smallest first, at least one.
        rates: Frauds a day and what they are worth.
        limits: What every choice must keep, and the objective.
        asked: Shift that a person has chosen; the nearest share is taken. None leaves the choice to the gate.

    Returns:
        The curve. The chosen point has the largest gain within all limits; if none is within them, it is the
        first, which is the smallest share.
    """
    points = tuple(_point(share, rates, limits) for share in shares)
    if asked is not None:
        chosen = min(range(len(points)), key=lambda place: abs(points[place].shift - asked))
    else:
        within = [place for place, point in enumerate(points) if not point.over]
        chosen = max(within, key=lambda place: points[place].gain, default=0)
    return TradeOff(points, chosen, rates.measured)


@dataclass(frozen=True)
class _Estimate:
    mean: float
    variance: float


def _point(share: Share, rates: Rates, limits: Limits) -> TradeOffPoint:
    added = _recall_added(share)
    caught, lost = rates.pattern * added.mean, _known_lost(share, rates)
    money = None
    ratio = 1.0  # worth of a known fraud, in frauds of the pattern
    if rates.amount and rates.known_amount is not None:
        money = rates.amount * caught - rates.known_amount * lost.mean
        ratio = rates.known_amount / rates.amount if limits.objective == "money" else 1.0
    gain = rates.weight * caught - lost.mean
    if limits.objective == "money" and money is not None:
        gain = money + (rates.weight - 1.0) * (rates.amount or 0.0) * caught
    alerts = None
    if rates.per_day is not None:
        alerts = caught - lost.mean + limits.surge * limits.budget * rates.per_day
    # In units of the pattern's worth: doubt about rates must not count where nothing is lost.
    worth = rates.weight * rates.pattern
    cost = ratio * lost.mean / worth
    variance = added.variance + (ratio / worth) ** 2 * lost.variance + rates.spread * cost**2
    return TradeOffPoint(
        share.shift,
        share.threshold,
        share.found,
        caught,
        lost.mean,
        money,
        alerts,
        gain,
        _above_zero(added.mean - cost, variance),
        _over(share, alerts, limits),
    )


def _recall_added(share: Share) -> _Estimate:
    """Estimate the share of the pattern that is found in addition, from few flags (Dirichlet posterior)."""
    flags = share.flags
    already = max(share.by_itself * flags.rows - flags.gained, 0.0)
    gained, lost = flags.gained + ALREADY * already, flags.lost
    total = flags.rows + 3 * _PRIOR
    mean = (gained - lost) / total
    return _Estimate(mean, ((gained + lost + 2 * _PRIOR) / total - mean**2) / (total + 1.0))


def _known_lost(share: Share, rates: Rates) -> _Estimate:
    mean = sum(rates.known[name] * moved.net_loss for name, moved in share.known.items())
    doubt = sum(rates.known[name] ** 2 * _doubt(moved) for name, moved in share.known.items())
    return _Estimate(mean, doubt)


def _doubt(moved: Moved) -> float:
    """Return the variance of a share of rows that is lost."""
    return (moved.gained + moved.lost) / moved.rows**2


def _above_zero(mean: float, variance: float) -> float:
    """Return the probability that a normal variable is above 0."""
    return 0.5 * (1.0 + math.erf(mean / math.sqrt(2.0 * variance)))


def _over(share: Share, alerts: float | None, limits: Limits) -> tuple[tuple[str, str], ...]:
    """Return the limits that a share exceeds."""
    over = []
    for name, moved in share.known.items():
        most = bound(limits.allowed_loss, moved.rows)
        if moved.loss > most:
            text = (
                f"{name}: {moved.loss:.1%} of its recall is lost, allowed {most:.1%}, "
                f"{100 * (moved.loss - most):.1f} points too much"
            )
            over.append(("replay", text))
    if limits.most_alerts and alerts is not None and alerts > limits.most_alerts:
        text = f"adds {alerts:.0f} alerts a day, allowed {limits.most_alerts:.0f}"
        over.append(("alerts", text))
    return tuple(over)
