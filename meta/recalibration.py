"""Fits all tails and the joint threshold anew to recent traffic, since traffic drifts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from meta.arrays import Doubles, Rows
from meta.calibration import Tails
from meta.entity_risk import left_by_blocks
from meta.episode import check_enough
from meta.false_alerts import CLEARLY, sort_alerts
from meta.live import LiveDetector
from meta.reservoir import Reservoir
from meta.risk_share import choose_risk_share
from meta.scored_traffic import ScoredTraffic

MOST_FRAUD = 0.02
"""Share of traffic; card portfolios lose a tenth of it. More clear alerts are tails that no longer fit."""


@dataclass(frozen=True)
class Recalibration:
    """Tails and threshold that fit recent traffic; they go live together.

    Attributes:
        base_tails: Tails of the base.
        detectors: The live detectors with their new tails, in the order of the stack.
        threshold: The joint threshold, as surprise.
        risk_share: Part of the boosts that the threshold counts on, 0 to 1.
        rows: Number of rows that all are fitted to.
    """

    base_tails: Tails
    detectors: tuple[LiveDetector, ...]
    threshold: float
    risk_share: float
    rows: int


def recalibrate(
    traffic: ScoredTraffic, *, threshold: float, budget: float, cost_of_blocks: float = 0.0
) -> Recalibration:
    """Fit the tails of base and detectors to recent traffic, and the threshold that holds the budget.

    Args:
        traffic: Recent traffic under everything in force.
        threshold: The threshold in force, as surprise.
        budget: Share of genuine traffic that may be alerted, in (0, 1).
        cost_of_blocks: Share of traffic that is genuine and meets a block, 0 to 1; the threshold leaves
            room for it.

    Raises:
        TooLittleTraffic: `traffic` has too few rows.
    """
    check_enough(len(traffic))
    rows = _presumed_genuine(traffic.joint, threshold, budget)
    stack = traffic.stack
    reservoir = Reservoir(traffic.reservoir.X[rows], stack.base)
    detectors: list[LiveDetector] = []
    columns = [reservoir.base_surprise]
    for live in stack.detectors:
        detectors.append(reservoir.calibrate(live.adapter, live.detector, shift=live.shift))
        columns.append(reservoir.surprise_of(detectors[-1]))
    chosen = choose_risk_share(
        np.column_stack(columns), stack.shifts, traffic.boosts[rows], left_by_blocks(budget, cost_of_blocks)
    )
    return Recalibration(reservoir.base_tails, tuple(detectors), chosen.threshold, chosen.share, len(rows))


def _presumed_genuine(surprise: Doubles, threshold: float, budget: float) -> Rows:
    """Return the rows that count as genuine.

    Alerts just over the threshold do: drift brings them there, and without them an overshoot would never be
    seen. Of the clear alerts as many do as calibration expects.
    """
    clear, expected = threshold + CLEARLY, budget * 10.0**-CLEARLY
    rows = sort_alerts(np.arange(len(surprise)), surprise, clear, expected).genuine
    least = (1.0 - MOST_FRAUD) * len(surprise)
    return rows if len(rows) >= least else np.argsort(surprise, kind="stable")[: int(least)]
