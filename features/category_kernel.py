"""A card's usual amounts, by merchant category."""

from __future__ import annotations

import numpy as np

from features.byte_strings import Index
from features.columns import NO_CATEGORY
from features.compiling import inlined
from features.entity_columns import CATEGORY_COUNT, CATEGORY_RATIO
from features.pointers import Pointer
from features.profile_row import CATEGORIES
from features.window_kernel import DOUBT


@inlined
def fold_category(
    usual: tuple[Pointer, Pointer, Pointer], elapsed: float, kept: float, category: Index, amount: float,
    logs: Pointer, scales: Pointer,
) -> None:  # fmt: skip
    """Age all categories, compare the amount with what is usual in its own, and add it there.

    usual: codes, counts and sums. kept: what `elapsed` seconds leave of the longest window. When all
    places are taken, the least used category gives up its own.
    """
    codes, counts, sums = usual
    decay, weight = (1.0, kept) if elapsed < 0.0 else (kept, 1.0)
    for k in range(CATEGORIES):
        counts[k] *= decay
        sums[k] *= decay
    logs[CATEGORY_COUNT], logs[CATEGORY_RATIO], scales[CATEGORY_RATIO] = 1.0, 1.0, 0.0
    if category == NO_CATEGORY:
        return
    place = _place_of(codes, counts, category)
    if codes[place] != category or counts[place] == 0.0:
        codes[place], counts[place], sums[place] = category, 0.0, 0.0
    count, total = np.float64(counts[place]), np.float64(sums[place])
    if count > 0.0:
        logs[CATEGORY_COUNT] = 1.0 + count
        logs[CATEGORY_RATIO] = 1.0 + total / count
        scales[CATEGORY_RATIO] = -count / (count + DOUBT)
    counts[place] = count + weight
    sums[place] = total + weight * amount


@inlined
def _place_of(codes: Pointer, counts: Pointer, category: Index) -> Index:
    """Where the category is kept, or else the least used place."""
    least = 0
    for k in range(CATEGORIES):
        if codes[k] == category and counts[k] > 0.0:
            return k
        if counts[k] < counts[least]:
            least = k
    return least
