"""Confirmed-fraud risk of entities from labels that come late: what a feedback loop would know by then."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.compiling import kernel
from features.slots import SlotTable
from features.spans import ByteSpans
from replay.reading import FRAUD, UNKNOWN

_SPANS_S = np.array([86_400.0, 7 * 86_400.0, 30 * 86_400.0])
_NAMES = ("1d", "7d", "30d")
_PRIOR = 1.0  # transactions without fraud that every entity is credited with
_NEVER_S = 365 * 86_400.0

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class _Late:
    """Rows whose labels have not come yet, by entity slot."""

    time: Doubles
    slots: NDArray[np.int32]  # (entities, n)
    fraud: NDArray[np.float64]


class DelayedRisk:
    """Per entity: share of confirmed fraud over three spans, their number, and time since the last.

    A label is known `delay_s` seconds after its transaction, never earlier.
    """

    def __init__(self, entities: Sequence[str], delay_s: float) -> None:
        self.delay_s = delay_s
        self.names = tuple(name for entity in entities for name in _names(entity))
        self._tables = [SlotTable() for _ in entities]
        self._state = [np.zeros((0, 8)) for _ in entities]
        self._late: deque[_Late] = deque()

    def features(
        self, time: Doubles, keys: Sequence[ByteSpans], label: NDArray[np.int8]
    ) -> NDArray[np.float32]:
        """Return float32 (n, features) for the next n rows, which come in order of time; keys per entity."""
        slots = np.array([t.lookup_or_insert(k) for t, k in zip(self._tables, keys, strict=True)])
        known = label != UNKNOWN
        self._late.append(_Late(time[known], slots[:, known], (label[known] == FRAUD) * 1.0))
        late = self._joined()
        out = np.empty((len(time), len(self.names)), np.float32)
        width, done = len(self.names) // len(self._tables), 0
        for e, table in enumerate(self._tables):
            self._state[e] = _grown(self._state[e], table.capacity)
            part = out[:, e * width : (e + 1) * width]
            done = _fold(time, slots[e], late.time, late.slots[e], late.fraud, self.delay_s,
                         self._state[e], part)  # fmt: skip
        self._late.append(_Late(late.time[done:], late.slots[:, done:], late.fraud[done:]))
        return out

    def _joined(self) -> _Late:
        parts = list(self._late)
        self._late.clear()
        return _Late(
            np.concatenate([p.time for p in parts]),
            np.concatenate([p.slots for p in parts], axis=1),
            np.concatenate([p.fraud for p in parts]),
        )


def _names(entity: str) -> list[str]:
    shares = [f"{entity}_risk_{span}" for span in _NAMES]
    return [*shares, *(f"{entity}_log_frauds_{span}" for span in _NAMES), f"{entity}_log_days_since_fraud"]


def _grown(state: Doubles, capacity: int) -> Doubles:
    if len(state) >= capacity:
        return state
    grown = np.zeros((capacity, 8))
    grown[: len(state)] = state
    return grown


@kernel
def _fold(
    time: Doubles, slot: NDArray[np.int32], late_time: Doubles, late_slot: NDArray[np.int32],
    fraud: Doubles, delay: float, state: Doubles, out: NDArray[np.float32],
) -> int:  # fmt: skip
    """State per slot: three decayed counts, three of frauds, clock, time of the last fraud."""
    done = 0
    for i in range(len(time)):
        now = time[i] - delay
        while done < len(late_time) and late_time[done] <= now:
            row = state[late_slot[done]]
            for w in range(3):
                keep = np.exp((row[6] - late_time[done]) / _SPANS_S[w])
                row[w] = row[w] * keep + 1.0
                row[3 + w] = row[3 + w] * keep + fraud[done]
            row[6] = late_time[done]
            if fraud[done] > 0:
                row[7] = late_time[done]
            done += 1
        row = state[slot[i]]
        for w in range(3):
            keep = np.exp((row[6] - now) / _SPANS_S[w]) if row[6] > 0 else 0.0
            out[i, w] = row[3 + w] * keep / (row[w] * keep + _PRIOR)
            out[i, 3 + w] = np.log1p(row[3 + w] * keep)
        since = min(now - row[7], _NEVER_S) if row[7] > 0 else _NEVER_S
        out[i, 6] = np.log1p(since / 86_400.0)
    return done
