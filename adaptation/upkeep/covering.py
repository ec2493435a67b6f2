"""Which detectors a new base makes needless: it finds alone what they were made to find."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from adaptation.context import AdaptationContext
from adaptation.proposing.preparation import Ready
from meta.arrays import Floats
from meta.stack import ScoringStack
from storage.episodes import LIVE


@dataclass(frozen=True)
class Covered:
    """Of `rows` confirmed frauds of an episode, what the base alone and what its detector alone alerts."""

    rows: int
    by_base: int
    by_detector: int

    @property
    def needless(self) -> bool:
        """Whether the base finds some of them, and no fewer than the detector."""
        return 0 < self.by_base >= self.by_detector


def covered(stack: ScoringStack, place: int, threshold: float, X: Floats) -> Covered:
    """Compare the base of `stack` with its detector at `place`, on frauds float32 (m, d)."""
    over = stack.surprises(X) + stack.shifts > threshold
    by_base, by_detector = np.count_nonzero(over[:, [0, 1 + place]], axis=0)
    return Covered(len(X), int(by_base), int(by_detector))


def propose_retirements(context: AdaptationContext, ready: Ready) -> int:
    """Note for each live episode whether the base in force covers its detector; how many it covers.

    Raises StorageUnavailable.
    """
    snapshot, stack = ready.snapshot, ready.prepared.stack
    if snapshot.threshold is None:
        return 0
    places = {detector.id: place for place, detector in enumerate(snapshot.detectors)}
    found = 0
    with context.unit() as unit:
        for episode in unit.episodes.with_status(LIVE):
            place = places.get(episode.detector_id or "")
            rows = ready.replay.get(episode.name)
            if place is None or rows is None:
                continue
            told = covered(stack, place, snapshot.threshold, rows)
            if told.needless:
                found += 1
                why = (
                    f"retire: the base finds {told.by_base} of its {told.rows} frauds, it {told.by_detector}"
                )
                episode.details = {**episode.details, "proposal": why}
        unit.commit()
    return found
