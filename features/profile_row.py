"""The profile of one entity: one fixed-size row."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from features.windows import LENGTHS_S

WINDOWS = len(LENGTHS_S)
PARTNERS = 24  # partners remembered: some weeks of different merchants of a busy card
CATEGORIES = 10  # categories remembered, the most used ones
CELLS = 64  # cells that partners of a week fall into, once there are more than are remembered

LAST, FIRST = range(2)  # in `clock`
COUNT, SUM, SQUARES = range(0, 3 * WINDOWS, WINDOWS)  # in `windows`, one for each window from there on

# clock: event time of the newest and of the first transaction, seconds.
# windows: decayed count, sum of amounts and sum of their squares, as of the newest transaction.
# partners: fingerprint in the upper 16 bits, hour of the last meeting in the lower; 0 is free.
# category*: code, decayed count and sum of amounts over the longest window; a count of 0 is free.
# cells: hours for which a partner of the cell still counts, as of the newest transaction; 0 is none.
# A row of zeros is an entity that was never seen.
_FIELDS = [
    ("clock", np.float64, (2,)),
    ("windows", np.float64, (3 * WINDOWS,)),
    ("partners", np.uint32, (PARTNERS,)),
    ("category", np.int32, (CATEGORIES,)),
    ("category_count", np.float32, (CATEGORIES,)),
    ("category_sum", np.float32, (CATEGORIES,)),
]
ROW_BEFORE_LINKS = np.dtype(_FIELDS)
"""Rows of checkpoints that are older than `cells`; zeros at their end make them rows of now."""
PROFILE_ROW = np.dtype([*_FIELDS, ("cells", np.uint8, (CELLS,))])
ROW_WORDS = PROFILE_ROW.itemsize // 8  # of 64 bits, in which rows are copied


def as_current_rows(rows: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    """Return rows of `PROFILE_ROW` or `ROW_BEFORE_LINKS` as `PROFILE_ROW`."""
    if rows.dtype == PROFILE_ROW:
        return rows
    whole = np.zeros(len(rows), PROFILE_ROW)
    for name in rows.dtype.fields or ():
        whole[name] = rows[name]
    return whole
