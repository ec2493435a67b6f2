"""Fold an entity's decayed counts and amounts, and describe an amount relative to them."""

from __future__ import annotations

import numpy as np

from features.compiling import inlined
from features.entity_columns import DEVIATION, LOG_COUNT, LOG_MEAN, RATIO
from features.numerics import exp_negative
from features.pointers import Pointer
from features.profile_row import COUNT, SQUARES, SUM, WINDOWS
from features.windows import LENGTHS_S

# Count at which a mean is trusted by half: the mean of less than one transaction says little.
DOUBT = 0.5

_RATES = np.array([1.0 / length for length in LENGTHS_S])
# Units of currency, added to the deviation: a card that always pays the same amount has none.
DEVIATION_FLOOR = 5.0
_NOTHING_LEFT = 1e-9  # smaller decayed counts are no history


@inlined
def fold_windows(
    windows: Pointer, elapsed: float, amount: float, kept: Pointer, logs: Pointer, scales: Pointer
) -> None:
    """Age each window by `elapsed` seconds, describe it, and add the transaction.

    A late transaction ages nothing: it counts with the weight that it would have kept since its own time.

    Args:
        windows: counts, sums and sums of squares of the row.
        elapsed: seconds since the row's last transaction, negative if this one is late.
        amount: units of currency.
        kept: receives the share of each window that is left after `elapsed`.
        logs: receives the arguments of the logarithms.
        scales: receives the factors of the logarithms.
    """
    for w in range(WINDOWS):
        kept[w] = exp_negative(abs(elapsed) * _RATES[w])
    late = elapsed < 0.0
    for w in range(WINDOWS):
        decay, weight = (1.0, kept[w]) if late else (kept[w], 1.0)
        count, total, squares = (
            windows[COUNT + w] * decay,
            windows[SUM + w] * decay,
            windows[SQUARES + w] * decay,
        )
        _describe(w, count, total, squares, amount, logs, scales)
        windows[COUNT + w] = count + weight
        windows[SUM + w] = total + weight * amount
        windows[SQUARES + w] = squares + weight * (amount * amount)
    logs[LOG_MEAN] = logs[RATIO + WINDOWS - 1]


@inlined
def _describe(
    w: int, count: float, total: float, squares: float, amount: float, logs: Pointer, scales: Pointer
) -> None:
    """Describe the amount relative to the mean: as asinh of the deviations, and as a ratio."""
    known = count > _NOTHING_LEFT
    mean = total / count if known else 0.0
    variance = squares / count - mean * mean if known else 0.0
    distance = (amount - mean) / (np.sqrt(variance if variance > 0.0 else 0.0) + DEVIATION_FLOOR)
    size = abs(distance)
    trust = count / (count + DOUBT)
    logs[LOG_COUNT + w] = 1.0 + count
    logs[DEVIATION + w] = size + np.sqrt(size * size + 1.0)
    scales[DEVIATION + w] = trust if distance >= 0.0 else -trust
    logs[RATIO + w] = 1.0 + mean
    scales[RATIO + w] = -trust
