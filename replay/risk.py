"""Confirmed-fraud risk of entities from late labels: what a feedback loop would know at that time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from features.byte_strings import ByteStrings
from features.slots import SlotTable
from replay import fraud_runs
from replay.fraud_runs import FraudRuns
from replay.truth import FRAUD, UNKNOWN
from replay.windows import WINDOWS, Doubles, SharpWindows


@dataclass
class _Entity:
    delay_s: float
    table: SlotTable = field(default_factory=SlotTable)

    def __post_init__(self) -> None:
        self.windows, self.runs = SharpWindows(self.delay_s), FraudRuns(self.delay_s)


class DelayedRisk:
    """For each entity, labels over three sharp windows, share and number of frauds, and the run of frauds.

    Args:
        entities: Names of the entities.
        delay_s: Seconds after its transaction at which a label is known.
    """

    def __init__(self, entities: Sequence[str], delay_s: float) -> None:
        self.names = tuple(name for entity in entities for name in _names(entity))
        self._entities = [_Entity(delay_s) for _ in entities]

    def features(
        self, time: Doubles, keys: Sequence[ByteStrings], label: NDArray[np.int8]
    ) -> NDArray[np.float32]:
        """Return float32 (n, features) for the next n rows, which come in order of time; keys per entity."""
        known, fraud = label != UNKNOWN, label == FRAUD
        blocks: list[Doubles] = []
        for entity, spans in zip(self._entities, keys, strict=True):
            slot = entity.table.lookup_or_insert(spans)
            count, frauds = entity.windows.sums(time, slot, fraud.astype(np.float64), known)
            blocks += [frauds / np.maximum(count, 1.0), np.log1p(frauds), np.log1p(count)]
            blocks.append(entity.runs.features(time, slot, fraud, known))
        return np.concatenate(blocks, axis=1).astype(np.float32)


class CardWindows:
    """Payments of a card over three sharp windows, and their mean amount, as of just before each payment."""

    names = (*(f"card_log_payments_{s}" for s in WINDOWS), *(f"card_log_mean_amount_{s}" for s in WINDOWS))

    def __init__(self) -> None:
        self._table, self._windows = SlotTable(), SharpWindows(0.0)

    def features(self, time: Doubles, card: ByteStrings, amount: Doubles) -> NDArray[np.float32]:
        """Return float32 (n, 6) for the next n rows, which come in order of time."""
        slot = self._table.lookup_or_insert(card)
        count, total = self._windows.sums(time, slot, amount, np.ones(len(time), bool))
        mean = np.maximum(total, 0.0) / np.maximum(count, 1.0)  # differences of sums may fall below 0
        return np.asarray(np.log1p(np.concatenate([count, mean], axis=1)), np.float32)


def _names(entity: str) -> list[str]:
    kinds = ("risk", "log_frauds", "log_labelled")
    windows = [f"{entity}_{kind}_{window}" for kind in kinds for window in WINDOWS]
    return [*windows, *(f"{entity}_{name}" for name in fraud_runs.NAMES)]
