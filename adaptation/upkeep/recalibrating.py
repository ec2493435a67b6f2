"""Fits the tails of base and detectors to recent traffic, with the joint threshold that holds the budget.

All tails and the threshold are one entry of the control log, so they go live together.
"""

from __future__ import annotations

from adaptation.context import AdaptationContext
from adaptation.proposing.risk import cost_of_blocks
from control.change import Change
from control.entry import Kind
from control.learning import DAYS, JOINT, ROWS
from control.parts import calibration_parts
from control.snapshot import Snapshot
from meta.entity_counts import RecentShares
from meta.episode import TooLittleTraffic
from meta.recalibration import Recalibration
from meta.recalibration import recalibrate as fit
from meta.threshold import first_threshold

AUTHOR = "adapter"
BUDGET = "budget"


def recalibrate(context: AdaptationContext, reason: str) -> int | None:
    """Announce tails and threshold that fit the traffic drawn last.

    Returns:
        The control offset of the entry; None where too little traffic is stored or no base is in force.

    Raises:
        AdaptationNotReady: there is nothing to score with.
        StorageUnavailable: the database is away.
        ControlLogUnavailable: the broker is away.
    """
    snapshot = context.announcer.refresh()
    prepared = context.preparation.ready(snapshot, newest=True).prepared
    if snapshot.base is None:
        return None
    recent = RecentShares(prepared.share_of, context.preparation.per_day)
    newest = float(prepared.sample.event_time[-1])
    # Not the days of the sample: that of a busy installation spans minutes, and learning would never end.
    days = context.preparation.stored[1]
    try:
        found = fit(
            prepared.traffic,
            threshold=first_threshold(context.budget) if snapshot.threshold is None else snapshot.threshold,
            budget=context.budget,
            cost_of_blocks=cost_of_blocks(snapshot.rules, recent, newest),
        )
    except TooLittleTraffic:
        return None
    return context.announcer.announce(_change(snapshot, found, context.budget, days, reason)).offset


def _change(snapshot: Snapshot, found: Recalibration, budget: float, days: float, reason: str) -> Change:
    assert snapshot.base is not None  # checked by the caller
    ids = [loaded.id for loaded in snapshot.detectors]
    tails = {identity: live.tails for identity, live in zip(ids, found.detectors, strict=True)}
    return Change(
        Kind.THRESHOLD,
        JOINT,
        AUTHOR,
        reason,
        calibration_parts(found.base_tails, tails),
        {
            "threshold": found.threshold,
            "risk_share": found.risk_share,
            ROWS: found.rows,
            DAYS: days,
            BUDGET: budget,
        },
        snapshot.base.content_hash,
    )
