"""Explain an alert to an analyst, in words with values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from contracts.alert import Reason
from control.snapshot import Snapshot
from features.phrases import phrases
from features.schema import EntityField, TransactionSchema
from stream.scoring.rules import Met

REASONS = 3  # fit on one line
RISK = "risk"


class ReasonWriter:
    """Explains rows of batches of one configuration.

    Args:
        entities: names of the entities, in the order of the schema.
        features: names of the features.
    """

    def __init__(self, entities: Sequence[str], features: Sequence[str]) -> None:
        fields = tuple(EntityField(name, f"key of {name}") for name in entities)
        self._phrases = phrases(TransactionSchema(entities=fields))
        self._features = features

    def of_features(
        self, row: NDArray[np.float32], pushes: NDArray[np.float64], snapshot: Snapshot
    ) -> list[Reason]:
        """Return the features of a row that pushed its scorer most.

        Args:
            row: float32 (d,).
            pushes: as `pushes_of` gives them, float64 (d,).
            snapshot: what the row was scored under.
        """
        if snapshot.stack is None:
            return []
        usual = snapshot.stack.medians
        strongest = np.argsort(-pushes, kind="stable")[:REASONS].tolist()
        return [
            Reason(self._features[i], float(row[i]), float(pushes[i]), self._say(i, row[i], usual[i]))
            for i in strongest
            if pushes[i] > 0
        ]

    def of_risk(self, met: Met | None) -> list[Reason]:
        """Return what confirmed frauds of its entities added, and what blocked it."""
        if met is None:
            return []
        found = [
            Reason(f"{RISK} {kind}", count, met.boost, f"{kind}: {count:.1f} confirmed frauds, fading")
            for kind, count in met.frauds.items()
            if met.boost > 0
        ]
        if met.blocked_by is not None:
            rule = met.blocked_by.rule
            words = f"{rule.entity} {rule.key} is blocked by {met.blocked_by.source}"
            found.insert(0, Reason(f"block {rule.entity}", rule.count, 0.0, words))
        return found

    def _say(self, feature: int, value: float, usual: float) -> str:
        phrase = self._phrases.get(self._features[feature])
        if phrase is None:
            return f"{self._features[feature]}: {value:.3g}, usual {usual:.3g}"
        return f"{phrase.say(float(value))}, usual {phrase.value(float(usual))}"


def pushes_of(
    rows: NDArray[np.float32], winner: NDArray[np.int32], snapshot: Snapshot
) -> NDArray[np.float64]:
    """Return how much each feature pushed the scorer that decided, float64 (n, d).

    Args:
        rows: float32 (n, d).
        winner: the scorer of each row, as in `Scores`; the base is 0.
        snapshot: what the rows were scored under. Where a block or a written rule decided, nothing pushed.
    """
    pushes = np.zeros(rows.shape)
    if snapshot.stack is None:
        return pushes
    at = np.flatnonzero(winner <= len(snapshot.stack.detectors))
    pushes[at] = snapshot.stack.contributions(rows[at], winner[at] - 1)
    return pushes


def nearest_flagged(row: NDArray[np.float32], snapshot: Snapshot, winner: int) -> tuple[str, str] | None:
    """Return the episode, and the id of its most similar flag, where a detector decided."""
    if not 0 < winner <= len(snapshot.detectors) or snapshot.base is None:
        return None
    detector = snapshot.detectors[winner - 1]
    if not len(detector.support.ids):
        return detector.episode, ""
    normal = snapshot.base.model.normaliser
    apart = normal(detector.support.rows) - normal(row[None])
    return detector.episode, detector.support.ids[int(np.argmin(np.sum(apart**2, axis=1)))]
