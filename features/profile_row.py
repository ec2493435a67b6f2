"""The running state of one entity: one fixed-size row."""

from __future__ import annotations

import numpy as np

from features.windows import WINDOWS

PARTNERS = 32  # partners remembered: about a month of different merchants of a busy card
CATEGORIES = 10  # categories remembered, the most used ones
COUNT, SUM, SUM_OF_SQUARES = range(3)  # columns of `windows`

# last, first: event time of the newest and of the first transaction, seconds.
# windows: decayed count, sum of amounts, sum of their squares, as of `last`.
# partners: fingerprint in the upper 16 bits, hour of the last meeting in the lower; 0 is free.
# category*: code, decayed count and sum of amounts over the longest window; a count of 0 is free.
# A row of zeros is an entity never seen.
PROFILE_ROW = np.dtype(
    [
        ("last", np.float64),
        ("first", np.float64),
        ("windows", np.float64, (len(WINDOWS), 3)),
        ("partners", np.uint32, (PARTNERS,)),
        ("category", np.int32, (CATEGORIES,)),
        ("category_count", np.float32, (CATEGORIES,)),
        ("category_sum", np.float32, (CATEGORIES,)),
    ]
)
