"""Folding transactions into profile rows, and the features of each as of just before it.

Every sum has one order and nothing is fused or reordered, so results depend neither on the machine nor on how the
stream was cut into batches. Rows are records of `features.profile_row`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from features.columns import NO_CATEGORY
from features.compiling import inlined, kernel
from features.numerics import asinh, exp_negative, log1p
from features.pointers import Pointer, row_pointer
from features.profile_row import CATEGORIES, COUNT, PARTNERS, SUM, SUM_OF_SQUARES
from features.windows import DAY_S, HOUR_S, IDLE_S, SPANS_S

Row = Any  # a numba record of PROFILE_ROW
Rows = npt.NDArray[np.void]
Vector = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

# Columns of the features of one entity.
SINCE_LAST, AGE, MET_LATELY, FIRST_WINDOW = range(4)
LOG_COUNT, LOG_MEAN, DEVIATION, RATIO, PER_WINDOW = range(5)
COMMON_FEATURES = FIRST_WINDOW + PER_WINDOW * len(SPANS_S)
NOVELTY, CATEGORY_COUNT, CATEGORY_RATIO, PRIMARY_FEATURES = range(COMMON_FEATURES, COMMON_FEATURES + 4)

_LONGEST = len(SPANS_S) - 1
_NOTHING_LEFT = 1e-9  # of a decayed count: less than this is no history
# Units of currency. A card that always pays the same has no deviation; below this, differences are small change.
_DEVIATION_FLOOR = 5.0
# A mean of less than one transaction's weight says little: it counts half at a count of one half.
_DOUBT = 0.5
_LATELY_H = 24
_PARTNER_MEMORY_H = 90 * 24
_FORGOTTEN_H = 2 * _PARTNER_MEMORY_H
_FINGERPRINT = np.uint64(48)  # the upper 16 bits of a hash
_NEVER = float(log1p(IDLE_S))
_PER_NOVELTY = 1.0 / float(log1p(_PARTNER_MEMORY_H))


@kernel
def fold(
    rows: Rows, row_of: npt.NDArray[np.int32], time: Floats, amount: Floats, category: npt.NDArray[np.int32],
    partner: npt.NDArray[np.uint64], watermark: float, primary: bool, out: Vector,
) -> float:  # fmt: skip
    """Fold transaction i into `rows[row_of[i]]`, one after the other, and write its features to `out[i]`.

    Returns the newest event time seen, from `watermark` on. A row that has been idle for longer than IDLE_S by
    that clock counts as never seen, so it makes no difference when idle rows are removed from memory.
    """
    for i in range(len(row_of)):
        row, features = rows[row_of[i]], row_pointer(out, i)
        watermark = max(watermark, time[i])
        if row.last < watermark - IDLE_S:
            _forget(row)
        elapsed = _move_to(row, time[i], features)
        log_amount = log1p(amount[i])
        kept = _fold_windows(row, elapsed, amount[i], log_amount, features)
        _fold_partner(row, time[i], partner[i], primary, features)
        if primary:
            _fold_category(row, elapsed, kept, category[i], amount[i], log_amount, features)
    return watermark


@kernel
def _forget(row: Row) -> None:
    for w in range(len(SPANS_S)):
        for k in range(3):
            row.windows[w, k] = 0.0
    for k in range(PARTNERS):
        row.partners[k] = 0
    for k in range(CATEGORIES):
        row.category_count[k] = 0.0


@kernel
def _move_to(row: Row, now: float, features: Pointer) -> float:
    """Move the row's clock to `now`, never back; returns the seconds that passed, negative if it is late."""
    if row.windows[_LONGEST, COUNT] == 0.0:
        row.last = row.first = now
        features[SINCE_LAST] = _NEVER
        features[AGE] = 0.0
        return 0.0
    elapsed = now - row.last
    row.last = max(row.last, now)
    features[SINCE_LAST] = log1p(max(elapsed, 0.0))
    features[AGE] = log1p(max(now - row.first, 0.0) / DAY_S)
    return elapsed


@kernel
def _fold_windows(row: Row, elapsed: float, amount: float, log_amount: float, features: Pointer) -> float:
    """Age each window and add the transaction; returns what `elapsed` leaves of the longest window.

    A late transaction ages nothing: it enters with the weight it would have kept since its own time.
    """
    kept = 1.0
    for w in range(len(SPANS_S)):
        kept = exp_negative(abs(elapsed) / SPANS_S[w])
        decay, weight = (kept, 1.0) if elapsed >= 0.0 else (1.0, kept)
        count = row.windows[w, COUNT] * decay
        total = row.windows[w, SUM] * decay
        squares = row.windows[w, SUM_OF_SQUARES] * decay
        _describe_window(w, count, total, squares, amount, log_amount, features)
        row.windows[w, COUNT] = count + weight
        row.windows[w, SUM] = total + weight * amount
        row.windows[w, SUM_OF_SQUARES] = squares + weight * (amount * amount)
    return kept


@kernel
def _describe_window(
    w: int, count: float, total: float, squares: float, amount: float, log_amount: float, features: Pointer
) -> None:
    at = FIRST_WINDOW + PER_WINDOW * w
    if count < _NOTHING_LEFT:
        for k in range(PER_WINDOW):
            features[at + k] = 0.0
        return
    mean = total / count
    deviation = np.sqrt(max(squares / count - mean * mean, 0.0))
    log_mean = log1p(mean)
    trust = count / (count + _DOUBT)
    features[at + LOG_COUNT] = log1p(count)
    features[at + LOG_MEAN] = log_mean
    features[at + DEVIATION] = trust * asinh((amount - mean) / (deviation + _DEVIATION_FLOOR))
    features[at + RATIO] = trust * (log_amount - log_mean)


@kernel
def _fold_partner(row: Row, now: float, partner: np.uint64, primary: bool, features: Pointer) -> None:
    """Look the partner up among those met, count those met lately, and note the meeting.

    When all places are taken, the partner not met for longest gives up its own.
    """
    hour = np.int64(now / HOUR_S)
    mark = np.int64(partner >> _FINGERPRINT)
    lately, oldest, known = 0, -1, -1
    for k in range(PARTNERS):
        entry = np.int64(row.partners[k])
        age = _hours_since(entry, hour)
        if age == _FORGOTTEN_H:
            row.partners[k] = 0
        elif entry >> 16 == mark:
            known = age * PARTNERS + k
        lately += age <= _LATELY_H
        oldest = max(oldest, age * PARTNERS + k)
    since = known // PARTNERS if known >= 0 else _FORGOTTEN_H
    features[MET_LATELY] = log1p(float(lately))
    if primary:
        features[NOVELTY] = min(log1p(float(since)) * _PER_NOVELTY, 1.0)
    if since > 0:  # else the meeting noted is of this hour, or newer than this late one
        place = (known if known >= 0 else oldest) % PARTNERS
        row.partners[place] = mark << 16 | (hour & 0xFFFF)


@kernel
def _hours_since(entry: int, hour: int) -> int:
    """Hours from the meeting that `entry` notes to `hour`, or _FORGOTTEN_H where there is none to remember.

    Hours are kept modulo 65,536 (7.5 years); what seems to lie far back is later than `hour`.
    """
    if entry == 0:
        return _FORGOTTEN_H
    age = (hour - entry) & 0xFFFF
    if age >= 0x8000:
        return 0
    return age if age <= _PARTNER_MEMORY_H else _FORGOTTEN_H


@kernel
def _fold_category(
    row: Row, elapsed: float, kept: float, category: int, amount: float, log_amount: float, features: Pointer
) -> None:
    """Age all categories, compare the amount with what is usual in its own, and add it there.

    When all places are taken, the least used category gives up its own.
    """
    decay, weight = (kept, 1.0) if elapsed >= 0.0 else (1.0, kept)
    place, least, known = 0, np.inf, False
    for k in range(CATEGORIES):
        row.category_count[k] *= decay
        row.category_sum[k] *= decay
        count = row.category_count[k]
        if count > 0.0 and row.category[k] == category:
            place, known = k, True
        elif not known and count < least:
            place, least = k, count
    features[CATEGORY_COUNT] = 0.0
    features[CATEGORY_RATIO] = 0.0
    if category == NO_CATEGORY:
        return
    if known:
        count, total = np.float64(row.category_count[place]), np.float64(row.category_sum[place])
        features[CATEGORY_COUNT] = log1p(count)
        features[CATEGORY_RATIO] = count / (count + _DOUBT) * (log_amount - log1p(total / count))
        row.category_count[place] = count + weight
        row.category_sum[place] = total + weight * amount
    else:
        row.category[place] = category
        row.category_count[place] = weight
        row.category_sum[place] = weight * amount
