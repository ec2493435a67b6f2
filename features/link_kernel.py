"""Different partners of an entity in 7 days: exact while the row remembers them all, else an estimate.

A row remembers 24 partners with the hour of their last meeting. While fewer than 24 of them are of the last
7 days, none of these was displaced, and their number is exact. Beyond, each partner falls into one of 64
cells, and the share of empty cells gives the number. A cell keeps how long its newest partner still counts,
so the window slides by hours.
Sources: Whang, Vander-Zanden, Taylor 1990, «A linear-time probabilistic counting algorithm for database
applications», TODS; Kim, O'Hallaron 2003, «Counting network flows in real time», GLOBECOM (timestamps).
"""

from __future__ import annotations

import math

import numpy as np

from features.compiling import inlined
from features.links import LINK_DAYS
from features.pointers import Pointer
from features.profile_row import CELLS, PARTNERS
from features.windows import HOUR_S

LINK_HOURS = 24 * LINK_DAYS
_PER_HOUR = 1.0 / HOUR_S
_CELL_BITS = np.uint64(40)  # the 8 bits below those of the fingerprint
_FULL = 0.5  # empty cells that count where none is: the estimate stays finite
# By number of cells in use. Whole numbers, so that the C library's logarithm does not matter.
ESTIMATES = np.array(
    [max(PARTNERS, round(CELLS * math.log(CELLS / max(CELLS - used, _FULL)))) for used in range(CELLS + 1)],
    np.int64,
)


@inlined
def fold_cells(
    cells: Pointer, before: float, newest: float, now: float, partner: np.uint64, met: np.int64
) -> np.int64:
    """Return the number of different partners in 7 days, as of just before a meeting, and store the meeting.

    Args:
        cells: hours left of each cell, as of `before`.
        before: event time of the row's newest transaction until now, seconds.
        newest: the same with this transaction.
        now: event time of this transaction; a late one is before `newest`.
        partner: hash of the partner's key.
        met: partners of the last 7 days that the row remembers.
    """
    passed = np.int64(newest * _PER_HOUR) - np.int64(before * _PER_HOUR)
    if passed > 0:
        for k in range(CELLS):
            cells[k] = max(np.int64(cells[k]) - passed, 0)
    count = met
    if met >= PARTNERS:
        used = 0
        for k in range(CELLS):
            used += 1 if cells[k] > 0 else 0
        count = ESTIMATES[used]
    left = LINK_HOURS + 1 - (np.int64(newest * _PER_HOUR) - np.int64(now * _PER_HOUR))
    cell = np.int64(partner >> _CELL_BITS) % CELLS
    cells[cell] = max(np.int64(cells[cell]), left)
    return count
