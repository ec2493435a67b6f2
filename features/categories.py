"""Merchant category codes, grouped by what a thief can do with the goods.

Source of the codes: ISO 18245; the card schemes publish the list with the meaning of each.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_CASH_LIKE = (
    4829,
    5815,
    5816,
    5817,
    5818,
    5947,
    6010,
    6011,
    6012,
    6050,
    6051,
    6211,
    6540,
    7800,
    7801,
    7802,
    7995,
)
_RESALE = (4812, 5045, 5065, 5094, 5722, 5732, 5734, 5944, 5946, 5948, 5977, 7622)
_TRAVEL = (*range(3000, 4000), 4112, 4411, 4511, 4722, 7011, 7512, 7513)
_EVERYDAY = (4111, 4121, 5331, 5411, 5422, 5441, 5451, 5462, 5499, 5541, 5542, 5811, 5812, 5813, 5814, 5912)

# Cash and what is as good as cash (transfers, gift cards, games, digital goods), goods sold on easily
# (electronics, jewellery, cosmetics), travel, and the shopping of every day.
CATEGORY_GROUPS = {"cash_like": _CASH_LIKE, "resale": _RESALE, "travel": _TRAVEL, "everyday": _EVERYDAY}
_CODES = 10_000

_GROUP = np.full(_CODES + 1, -1, np.int8)  # the last place is for all other values
for _number, _codes in enumerate(CATEGORY_GROUPS.values()):
    _GROUP[list(_codes)] = _number


def group_of(category: npt.NDArray[np.int32]) -> npt.NDArray[np.int8]:
    """The number of each category's group, int8 (n,), -1 for none of them."""
    known = (category >= 0) & (category < _CODES)
    return _GROUP[np.where(known, category, _CODES)]
