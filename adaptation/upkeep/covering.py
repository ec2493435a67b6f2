"""Finds detectors that a new base makes needless: it finds alone what they were made to find."""

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
    """How many confirmed frauds of an episode the base alone and the detector alone alert.

    Attributes:
        rows: number of frauds.
        by_base: those that the base alerts.
        by_detector: those that the detector alerts.
    """

    rows: int
    by_base: int
    by_detector: int

    @property
    def needless(self) -> bool:
        """Whether the base alerts some of them, and no fewer than the detector."""
        return 0 < self.by_base >= self.by_detector


def covered(stack: ScoringStack, place: int, threshold: float, X: Floats) -> Covered:
    """Compare the base of a stack with one of its detectors.

    Args:
        stack: base and live detectors.
        place: index of the detector in the stack.
        threshold: joint threshold, as surprise.
        X: features of the frauds, float32 (m, d).

    Returns:
        How many of them each alerts.
    """
    over = stack.surprises(X) + stack.shifts > threshold
    by_base, by_detector = np.count_nonzero(over[:, [0, 1 + place]], axis=0)
    return Covered(len(X), int(by_base), int(by_detector))


def propose_retirements(context: AdaptationContext, ready: Ready) -> int:
    """Propose to retire each live detector that the base in force makes needless.

    Args:
        context: database and clock.
        ready: recent traffic and known fraud under what is in force.

    Returns:
        The number of such detectors.

    Raises:
        StorageUnavailable: the database is away.
    """
    snapshot, stack = ready.snapshot, ready.prepared.stack
    if snapshot.threshold is None:
        return 0
    places = {detector.id: place for place, detector in enumerate(snapshot.detectors)}
    found = 0
    with context.unit() as unit:
        for episode in unit.episodes.with_status(LIVE):
            place = places.get(episode.detector_id or "")
            rows = ready.known.rows.get(episode.name)
            if place is None or rows is None:
                continue
            compared = covered(stack, place, snapshot.threshold, rows)
            if compared.needless:
                found += 1
                why = (
                    f"retire: the base finds {compared.by_base} of its {compared.rows} frauds, "
                    f"its detector {compared.by_detector}"
                )
                episode.details = {**episode.details, "proposal": why}
        unit.commit()
    return found
