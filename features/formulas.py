"""The formulas of the window features as plain data, for code that computes them backwards.

`meta.draft` changes transactions of the past and works out what their features would have been. It may not
import this room, so its callers pass `WINDOW_FORMULAS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from features.window_kernel import DEVIATION_FLOOR, DOUBT
from features.windows import WINDOWS


@dataclass(frozen=True, slots=True)
class WindowFormulas:
    """Constants of `features.window_kernel`.

    `count`, `mean` and `spread` (the standard deviation) describe an entity's amounts in a window. The
    features of an amount are:

        log_count = log(1 + count)
        log_mean  = log(1 + mean)
        deviation = trust * asinh((amount - mean) / (spread + deviation_floor))
        ratio     = trust * (log(1 + amount) - log(1 + mean))

    where trust = count / (count + doubt). An event of age t seconds counts exp(-t / length).

    Attributes:
        window_lengths: length of each window in seconds, by its name in feature names.
        doubt: the count at which a mean is trusted by half.
        deviation_floor: added to the spread, in units of currency.
    """

    window_lengths: Mapping[str, float]
    doubt: float
    deviation_floor: float


WINDOW_FORMULAS = WindowFormulas({window.name: window.length_s for window in WINDOWS}, DOUBT, DEVIATION_FLOOR)
