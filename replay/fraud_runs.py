"""Features of the run of confirmed frauds that an entity is in, from its first fraud to its last."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from features.compiling import kernel
from replay.survey import DAY_S
from replay.windows import Doubles, Slots, grown

NAMES = (
    "log_days_since_first_fraud", "log_days_since_fraud", "log_frauds_of_run", "log_genuine_since_fraud",
)  # fmt: skip
_GAP_S = 14 * DAY_S  # after this time without fraud, the next fraud begins a new run
_NEVER_S = 90 * DAY_S


class FraudRuns:
    """Keeps the run of each entity, from labels that come `delay_s` seconds late."""

    def __init__(self, delay_s: float) -> None:
        self._delay_s = delay_s
        self._state = np.zeros((0, 4))
        self._time, self._slot, self._fraud = np.empty(0), np.empty(0, np.int32), np.empty(0, bool)

    def features(
        self, time: Doubles, slot: Slots, fraud: NDArray[np.bool_], known: NDArray[np.bool_]
    ) -> Doubles:
        """Return float64 (n, 4), as `NAMES`, for the next n rows, which come in order of time."""
        self._state = grown(self._state, int(slot.max(initial=-1)) + 1)
        self._time = np.concatenate([self._time, time[known]])
        self._slot = np.concatenate([self._slot, slot[known]])
        self._fraud = np.concatenate([self._fraud, fraud[known]])
        out = np.empty((len(time), len(NAMES)))
        due = _fold(time, slot, self._time, self._slot, self._fraud, self._delay_s, _GAP_S, _NEVER_S,
                    self._state, out)  # fmt: skip
        self._time, self._slot, self._fraud = self._time[due:], self._slot[due:], self._fraud[due:]
        return np.log1p(out)


@kernel
def _fold(
    time: Doubles, slot: Slots, late: Doubles, late_slot: Slots, fraud: NDArray[np.bool_], delay: float,
    gap: float, never: float, state: Doubles, out: Doubles,
) -> int:  # fmt: skip
    """State per slot: time of the first and of the last fraud of the run, frauds in it, genuine since."""
    due = 0
    for i in range(len(time)):
        while due < len(late) and late[due] <= time[i] - delay:
            row = state[late_slot[due]]
            if fraud[due]:
                if row[2] == 0.0 or late[due] - row[1] > gap:
                    row[0] = late[due]
                    row[2] = 0.0
                row[1] = late[due]
                row[2] += 1.0
                row[3] = 0.0
            else:
                row[3] += 1.0
            due += 1
        row = state[slot[i]]
        known = row[2] > 0.0
        out[i, 0] = min(time[i] - row[0], never) / 86_400.0 if known else never / 86_400.0
        out[i, 1] = min(time[i] - row[1], never) / 86_400.0 if known else never / 86_400.0
        out[i, 2] = row[2]
        out[i, 3] = row[3] if known else 0.0
    return due
