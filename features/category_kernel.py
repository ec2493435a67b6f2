"""Fold a card's usual amounts by merchant category."""

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
    """Age all categories, compare the amount with the mean of its category, and add it there.

    Args:
        usual: codes, counts and sums of the categories. When all places are taken, the new category replaces
            the least used one.
        elapsed: seconds since the row's last transaction, negative if this one is late.
        kept: share of the longest window that is left after `elapsed`.
        category: code of the transaction's category.
        amount: units of currency.
        logs: receives the arguments of the logarithms.
        scales: receives the factors of the logarithms.
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
    """Return the place of the category, or else the least used place."""
    least = 0
    for k in range(CATEGORIES):
        if codes[k] == category and counts[k] > 0.0:
            return k
        if counts[k] < counts[least]:
            least = k
    return least
