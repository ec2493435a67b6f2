"""Fits the tails of base and detectors to recent traffic, with the joint threshold that holds the budget.

Traffic drifts and so does what is usual; all tails and the threshold are one entry, swapped as one.
"""

from __future__ import annotations

import numpy as np

from adaptation.context import AdaptationContext
from adaptation.proposing.prepared import Prepared
from adaptation.proposing.risk import RecentShares, cost_of_blocks
from adaptation.proposing.threshold import first_threshold
from control.change import Change
from control.entry import Kind
from control.loading import calibration_parts
from control.snapshot import Snapshot
from meta.arrays import Doubles
from meta.calibration import Tails
from meta.entity_risk import left_by_blocks
from meta.false_alerts import CLEARLY, sort_alerts
from meta.reservoir import FEWEST_ROWS, Reservoir
from meta.risk_share import choose_risk_share

JOINT = "joint"
"""Id of the entry."""
AUTHOR = "adapter"
BUDGET = "budget"
MOST_FRAUD = 0.02
"""Share of traffic; card portfolios lose a tenth of it. More clear alerts are tails that no longer fit."""


def recalibrate(context: AdaptationContext, reason: str) -> int | None:
    """Announce tails and threshold on the traffic drawn last; the control offset, None where there is too
    little traffic. Raises AdaptationNotReady, StorageUnavailable, ControlLogUnavailable.
    """
    snapshot = context.announcer.refresh()
    prepared = context.preparation.ready(snapshot, newest=True).prepared
    if len(prepared) < FEWEST_ROWS or snapshot.base is None:
        return None
    in_force = first_threshold(context.budget) if snapshot.threshold is None else snapshot.threshold
    # What is only a little over the threshold counts as genuine: it is what drift brings there, and with it
    # left out an overshoot would never be seen. Clear alerts are counted as calibration expects them.
    clear, expected = in_force + CLEARLY, context.budget * 10.0**-CLEARLY
    rows = sort_alerts(np.arange(len(prepared)), prepared.joint, clear, expected).genuine
    if len(rows) < (1.0 - MOST_FRAUD) * len(prepared):
        rows = np.argsort(prepared.joint, kind="stable")[: int((1.0 - MOST_FRAUD) * len(prepared))]
    reservoir = Reservoir(prepared.reservoir.X[rows], prepared.stack.base)
    columns, tails = _columns(snapshot, prepared, reservoir)
    blocks = cost_of_blocks(
        snapshot.rules,
        RecentShares(prepared.share_of, context.preparation.per_day),
        float(prepared.sample.event_time[-1]),
    )
    budget = left_by_blocks(context.budget, blocks)
    chosen = choose_risk_share(columns, prepared.stack.shifts, prepared.boosts[rows], budget)
    change = Change(
        Kind.THRESHOLD,
        JOINT,
        AUTHOR,
        reason,
        calibration_parts(reservoir.base_tails, tails),
        {
            "threshold": chosen.threshold,
            "risk_share": chosen.share,
            "calibration_rows": len(rows),
            BUDGET: context.budget,
        },
        snapshot.base.content_hash,
    )
    return context.announcer.announce(change).offset


def _columns(
    snapshot: Snapshot, prepared: Prepared, reservoir: Reservoir
) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.float64]], dict[str, Tails]]:
    """Surprises (n, 1 + e) under the new tails, and those tails of the detectors by id."""
    columns: list[Doubles] = [reservoir.base_surprise]
    tails = {}
    for loaded, live in zip(snapshot.detectors, prepared.stack.detectors, strict=True):
        again = reservoir.calibrate(live.adapter, live.detector, shift=live.shift)
        tails[loaded.id] = again.tails
        columns.append(reservoir.surprise_of(again))
    return np.column_stack(columns), tails
