"""Sums over sharp windows: what an entity did in exactly the last 1, 7 and 30 days.

Live profiles decay exponentially, which needs no memory of single transactions. Where a compromise ends on a
day, a sharp edge says more, and a replay can keep single transactions.

Source of the windows and of the delay: Le Borgne et al. 2022, «Reproducible machine learning for credit card
fraud detection», ch. 3.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from features.compiling import kernel
from replay.survey import DAY_S

WINDOWS = ("1d", "7d", "30d")
_SECONDS = np.array([1.0, 7.0, 30.0]) * DAY_S

Doubles = NDArray[np.float64]
Slots = NDArray[np.int32]


class SharpWindows:
    """Number of events and sum of a value of each entity, in windows that end `delay_s` seconds ago.

    Events are kept for the longest window and the delay.
    """

    def __init__(self, delay_s: float) -> None:
        self._delay_s = delay_s
        self._sums = np.zeros((0, 2 * len(WINDOWS)))
        self._time, self._slot, self._value = np.empty(0), np.empty(0, np.int32), np.empty(0)
        self._place = np.zeros(1 + len(WINDOWS), np.int64)  # of the next event due, of the oldest per window

    def sums(
        self, time: Doubles, slot: Slots, value: Doubles, counted: NDArray[np.bool_]
    ) -> tuple[Doubles, Doubles]:
        """Return counts and sums of values, float64 (n, 3) each, for the next n rows as of their times.

        Rows come in order of time; `slot` (n,) numbers their entities. Only those `counted` become events.
        """
        self._sums = grown(self._sums, int(slot.max(initial=-1)) + 1)
        self._time = np.concatenate([self._time, time[counted]])
        self._slot = np.concatenate([self._slot, slot[counted]])
        self._value = np.concatenate([self._value, value[counted]])
        out = np.empty((len(time), 2 * len(WINDOWS)))
        _fold(time, slot, self._time, self._slot, self._value, self._delay_s, _SECONDS, self._sums,
              self._place, out)  # fmt: skip
        self._forget()
        return out[:, : len(WINDOWS)], out[:, len(WINDOWS) :]

    def _forget(self) -> None:
        first = int(self._place.min())
        self._time, self._slot, self._value = self._time[first:], self._slot[first:], self._value[first:]
        self._place -= first


def grown(state: Doubles, rows: int) -> Doubles:
    """Return `state` with at least so many rows, new ones 0; twice as many where it must grow."""
    if len(state) >= rows:
        return state
    wider = np.zeros((max(rows, 2 * len(state)), *state.shape[1:]))
    wider[: len(state)] = state
    return wider


@kernel
def _fold(
    time: Doubles, slot: Slots, event: Doubles, event_slot: Slots, value: Doubles, delay: float,
    lengths: Doubles, sums: Doubles, place: NDArray[np.int64], out: Doubles,
) -> None:  # fmt: skip
    """An event enters all windows once it is due and leaves each when it is too old for it."""
    windows = len(lengths)
    for i in range(len(time)):
        now = time[i] - delay
        # Without a delay only what is strictly earlier counts, so that no row counts itself.
        while place[0] < len(event) and (event[place[0]] < now or (delay > 0.0 and event[place[0]] == now)):
            for w in range(windows):
                sums[event_slot[place[0]], w] += 1.0
                sums[event_slot[place[0]], windows + w] += value[place[0]]
            place[0] += 1
        for w in range(windows):
            while place[1 + w] < place[0] and event[place[1 + w]] <= now - lengths[w]:
                sums[event_slot[place[1 + w]], w] -= 1.0
                sums[event_slot[place[1 + w]], windows + w] -= value[place[1 + w]]
                place[1 + w] += 1
        for k in range(2 * windows):
            out[i, k] = sums[slot[i], k]
