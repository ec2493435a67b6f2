"""Scores stored transactions under other terms; runs in the model process."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import asdict, replace

import numpy as np

from console.models.results import STAGES, AlternativeTerms, CannotScore
from console.results.what_if import TermsEffect, WhatIf
from control.segment_bounds import StoredRows, has_own_bounds, own_bounds
from control.snapshot import Snapshot
from meta.arrays import Floats
from meta.calibration import Tails
from meta.detector import Detector
from meta.live import LiveDetector
from meta.support import with_surprise
from replay import what_if as past_terms
from replay.truth import FRAUD as IS_FRAUD
from replay.truth import GENUINE as IS_GENUINE
from replay.truth import UNKNOWN
from replay.what_if import Past, ScoringSetting
from storage import UnitOfWork
from storage.detectors import DetectorRow
from storage.episodes import SUPPORT
from storage.judged_traffic import JudgedTraffic
from storage.labels import FRAUD, GENUINE
from storage.traffic_sample import TrafficSample

DAY_S = 86_400.0
MOST = 200_000
"""Maximum number of transactions to score, newest first: some seconds of work."""
SAMPLE, NEWEST = 50_000, 2_000_000
"""Tails and thresholds are fitted to a sample of SAMPLE from the NEWEST stored transactions."""
FEWEST = 5_000
"""With fewer transactions, a budget of one in a thousand would be at most five alerts."""
Tell = Callable[[int], None]


def answer(unit: UnitOfWork, snapshot: Snapshot, change: AlternativeTerms, tell: Tell) -> WhatIf:
    """Score stored transactions under the terms in force and under other terms.

    Args:
        unit: open unit of work.
        snapshot: base and detectors in force.
        change: terms to try.
        tell: called with the index of each stage in STAGES.

    Raises:
        CannotScore: no base is in force, too little is stored, or a detector cannot score.
    """
    stack, threshold = snapshot.stack, snapshot.threshold
    if stack is None or threshold is None:
        raise CannotScore("no base is in force")
    row, width = _stored(unit, change.detector), len(stack.base.features)
    tell(STAGES.index("calibrating"))
    recent = _recent(unit, width)
    now = ScoringSetting(stack, threshold)
    then = _changed(snapshot, now, change, row, recent)
    tell(STAGES.index("reading"))
    past = _past(unit, snapshot, change.days, width, apart_from=_support(unit, row))
    tell(STAGES.index("scoring"))
    found = past_terms.what_if(past, now, then)
    return WhatIf(
        days=past.days,
        transactions=len(past),
        limited=len(past) == MOST,
        now=_told(found.now, now),
        then=_told(found.then, then),
        added=len(found.added),
        lost=len(found.lost),
    )


def _stored(unit: UnitOfWork, detector: str) -> DetectorRow | None:
    row = unit.detectors.get(detector) if detector else None
    if detector and row is None:
        raise CannotScore(f"no detector {detector!r} is stored")
    return row


def _support(unit: UnitOfWork, row: DetectorRow | None) -> Collection[str]:
    """Flags of the episode, to leave out: its detector finds them by construction."""
    episode = unit.episodes.get(row.episode_id) if row else None
    parts = episode.transactions if episode else []
    return [part.transaction_id for part in parts if part.role == SUPPORT]


def _recent(unit: UnitOfWork, width: int) -> TrafficSample:
    drawn = unit.past.sample(SAMPLE, newest=NEWEST, seed=0)
    if len(drawn) < FEWEST or drawn.features.shape[1] != width:
        raise CannotScore(
            f"a what-if needs {FEWEST:,} stored transactions that can be scored, there are {len(drawn):,}"
        )
    return drawn


def _changed(
    snapshot: Snapshot,
    now: ScoringSetting,
    change: AlternativeTerms,
    row: DetectorRow | None,
    recent: TrafficSample,
) -> ScoringSetting:
    ids = [one.id for one in snapshot.detectors]
    if unknown := sorted(set(change.without) - set(ids)):
        raise CannotScore(f"not in force: {', '.join(unknown)}")
    without = {*change.without, *([row.id] if row is not None and not change.scores else [])}
    then = now.without([place for place, one in enumerate(ids) if one in without])
    if row is not None and change.scores and row.id not in ids:
        live = _live(snapshot, row, recent.features)
        gated = now.threshold if row.threshold is None else row.threshold
        then = ScoringSetting(then.stack.replaced((*then.stack.detectors, live)), gated)
    if change.budget is not None:
        own = own_bounds(snapshot, StoredRows.of_columns(recent)) if has_own_bounds(snapshot) else None
        return then.at_budget(recent.features, change.budget, own)
    return then if change.threshold is None else replace(then, threshold=change.threshold)


def _live(snapshot: Snapshot, row: DetectorRow, recent: Floats) -> LiveDetector:
    """A stored detector, ready to score, with tails fitted to recent traffic."""
    detector, stack = Detector.from_bytes(row.payload), snapshot.stack
    adapter = snapshot.adapter_of(detector)
    if adapter is None or stack is None:
        raise CannotScore(f"the network or base of detector {row.id} is not in force")
    if adapter.needs_surprise:
        recent = with_surprise(recent, stack.base_tails.surprise(stack.base.score(recent)))
    tails = Tails.fit(adapter.score(detector, recent))
    return LiveDetector(detector, adapter, tails, float(row.gate.get("shift", 0.0)))


def _past(
    unit: UnitOfWork, snapshot: Snapshot, days: float, width: int, *, apart_from: Collection[str]
) -> Past:
    newest, whole = unit.past.newest_event_time() or 0.0, has_own_bounds(snapshot)
    found = unit.past.judged(
        since=newest - days * DAY_S, most=MOST, width=width, apart_from=apart_from, whole=whole
    )
    own = own_bounds(snapshot, StoredRows.of_columns(found)) if whole else None
    return Past(found.features, found.event_time, found.amount, _truth(found), own)


def _truth(found: JudgedTraffic) -> np.ndarray[tuple[int], np.dtype[np.int8]]:
    known = {FRAUD: IS_FRAUD, GENUINE: IS_GENUINE}
    return np.array([known.get(verdict or "", UNKNOWN) for verdict in found.verdicts], np.int8)


def _told(effect: past_terms.AlertEffect, setting: ScoringSetting) -> TermsEffect:
    counted = asdict(effect)
    del counted["alert_rate"], counted["false_alarms_a_day"]  # rest on the few judged genuine transactions
    return TermsEffect(threshold=setting.threshold, **counted)
