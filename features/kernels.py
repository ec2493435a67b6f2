"""Fold transactions into profile rows, and write the features of each as of just before it.

Every sum has a fixed order, and nothing is fused or reordered, so results depend neither on the machine nor
on the batches. Logarithms cost most: those of a block of transactions are collected and then computed
together, several at a time.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from features.byte_strings import Index
from features.category_kernel import fold_category
from features.compiling import inlined, kernel
from features.entity_columns import (
    AGE,
    CATEGORY_RATIO,
    COMMON_FEATURES,
    NOVELTY,
    PRIMARY_FEATURES,
    RATIO,
    SINCE_LAST,
)  # fmt: skip
from features.link_kernel import fold_cells
from features.numerics import log
from features.partner_kernel import PER_NOVELTY, fold_partner
from features.pointers import Pointer, field_pointer, pointer_to, row_pointer
from features.profile_row import COUNT, FIRST, LAST, PROFILE_ROW, WINDOWS
from features.window_kernel import fold_windows
from features.windows import DAY_S, IDLE_S

Floats = npt.NDArray[np.float64]

_BLOCK = 64  # transactions whose logarithms are computed together: they fit the first-level cache
_LONGEST = COUNT + WINDOWS - 1
_LOG_AMOUNT = PRIMARY_FEATURES  # one more logarithm: ratios are relative to it
_LOGS = PRIMARY_FEATURES + 1
_NEVER_SEEN = np.zeros(1, PROFILE_ROW)
_PER_DAY = 1.0 / DAY_S
_RELATIVE = np.zeros(_LOGS)  # 1 for a ratio, whose logarithm is taken relative to that of the amount
_RELATIVE[[*range(RATIO, RATIO + WINDOWS), CATEGORY_RATIO]] = 1.0


@kernel
def fold(
    rows: npt.NDArray[np.void], row_of: npt.NDArray[np.int32], time: Floats, amount: Floats,
    category: npt.NDArray[np.int32], partner: npt.NDArray[np.uint64], newest: Floats, primary: bool,
    out: npt.NDArray[np.float32], links: npt.NDArray[np.float32],
) -> None:  # fmt: skip
    """Fold transaction i into `rows[row_of[i]]`, in order; write its features to `out`, its link to `links`.

    `newest[i]` is the newest event time up to transaction i, its own included. A row that has been idle for
    longer than IDLE_S by then counts as never seen. Removing idle rows from memory therefore changes no
    feature.
    """
    log_room, scale_room, kept_room = (np.ones((_BLOCK, _LOGS)), np.ones((_BLOCK, _LOGS)), np.empty(WINDOWS))
    scale_room[:, NOVELTY] = PER_NOVELTY
    kept, features = (pointer_to(kept_room), PRIMARY_FEATURES if primary else COMMON_FEATURES)
    for begin in range(0, len(row_of), _BLOCK):
        end = min(begin + _BLOCK, len(row_of))
        for i in range(begin, end):
            j, logs, scales = (
                row_of[i],
                row_pointer(log_room, i - begin),
                row_pointer(scale_room, i - begin),
            )
            before = float(field_pointer(rows, j, "clock")[LAST])
            elapsed = _move_clock(rows, j, newest[i], time[i], logs)
            logs[_LOG_AMOUNT] = 1.0 + amount[i]
            fold_windows(field_pointer(rows, j, "windows"), elapsed, amount[i], kept, logs, scales)
            met = fold_partner(field_pointer(rows, j, "partners"), time[i], partner[i], logs)
            after = float(field_pointer(rows, j, "clock")[LAST])
            cells = field_pointer(rows, j, "cells")
            links[i] = fold_cells(cells, before, after, time[i], partner[i], met)
            if primary:
                usual = (
                    field_pointer(rows, j, "category"),
                    field_pointer(rows, j, "category_count"),
                    field_pointer(rows, j, "category_sum"),
                )
                fold_category(usual, elapsed, kept[WINDOWS - 1], category[i], amount[i], logs, scales)
        _take_logs(pointer_to(log_room), (end - begin) * _LOGS)
        for i in range(begin, end):
            logs, scales = (row_pointer(log_room, i - begin), row_pointer(scale_room, i - begin))
            _write(logs, scales, features, row_pointer(out, i))


@inlined
def _move_clock(rows: npt.NDArray[np.void], j: Index, watermark: float, now: float, logs: Pointer) -> float:
    """Move the row's clock to `now`, never back; return the seconds between, negative if it is late."""
    clock = field_pointer(rows, j, "clock")
    if clock[LAST] < watermark - IDLE_S:
        rows[j] = _NEVER_SEEN[0]
    if field_pointer(rows, j, "windows")[_LONGEST] == 0.0:
        clock[FIRST] = clock[LAST] = now
        logs[SINCE_LAST], logs[AGE] = 1.0 + IDLE_S, 1.0
        return 0.0
    elapsed = now - float(clock[LAST])
    clock[LAST] = max(clock[LAST], now)
    logs[SINCE_LAST] = 1.0 + max(elapsed, 0.0)
    logs[AGE] = 1.0 + max(now - clock[FIRST], 0.0) * _PER_DAY
    return elapsed


@kernel
def _take_logs(logs: Pointer, count: Index) -> None:
    for k in range(count):
        logs[k] = log(logs[k])


@inlined
def _write(logs: Pointer, scales: Pointer, features: Index, out: Pointer) -> None:
    """Scale the logarithms, those of ratios relative to that of the amount."""
    log_amount = logs[_LOG_AMOUNT]
    for k in range(features):
        out[k] = scales[k] * (logs[k] - _RELATIVE[k] * log_amount)
