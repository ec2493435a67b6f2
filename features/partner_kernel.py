"""Partners of an entity: a card's merchants, a merchant's cards."""

from __future__ import annotations

import numpy as np

from features.compiling import inlined
from features.entity_columns import MET_LATELY, NOVELTY
from features.link_kernel import LINK_HOURS
from features.pointers import Pointer
from features.profile_row import PARTNERS
from features.windows import HOUR_S

_LATELY_H = 24
_MEMORY_H = 90 * 24
_FORGOTTEN_H = 2 * _MEMORY_H
_PER_HOUR = 1.0 / HOUR_S
_FINGERPRINT = np.uint64(48)  # upper 16 bits of a hash: one new partner in 2,000 is taken for a known one

# Novelty is 1 for a partner not met for 90 days, 0 for one met this hour, by the logarithm of hours between.
PER_NOVELTY = 1.0 / float(np.log1p(_MEMORY_H))


@inlined
def fold_partner(partners: Pointer, now: float, partner: np.uint64, logs: Pointer) -> np.int64:
    """Find the partner among those met, count those met in the last day, and store the meeting.

    partner: hash of its key. When all places are taken, the new partner replaces the one not met for longest.

    Returns:
        Partners met in the last 7 days, among those remembered.
    """
    hour = np.int64(now * _PER_HOUR)
    mark = np.int64(partner >> _FINGERPRINT)
    lately, of_week, oldest, known = 0, np.int64(0), np.int64(-1), np.int64(-1)
    for k in range(PARTNERS):
        entry = np.int64(partners[k])
        age = _hours_since(entry, hour)
        place = age * PARTNERS + k  # the greatest is the oldest, and contains its place
        partners[k] = entry if age < _FORGOTTEN_H else 0
        lately += 1 if age <= _LATELY_H else 0
        of_week += 1 if age <= LINK_HOURS else 0
        oldest = max(oldest, place)
        known = max(known, place if entry >> 16 == mark and age < _FORGOTTEN_H else np.int64(-1))
    since = known // PARTNERS if known >= 0 else _MEMORY_H
    logs[MET_LATELY] = 1.0 + lately
    logs[NOVELTY] = 1.0 + since
    if since > 0:  # else the stored meeting is of this hour, or newer than this late one
        partners[(known if known >= 0 else oldest) % PARTNERS] = mark << 16 | (hour & 0xFFFF)
    return of_week


@inlined
def _hours_since(entry: np.int64, hour: np.int64) -> np.int64:
    """Return the hours from the meeting in `entry` to `hour`; _FORGOTTEN_H if it is free or too old.

    Hours are stored modulo 65,536 (7.5 years); an age above half of that means that the meeting is later.
    """
    age = (hour - entry) & 0xFFFF
    age = np.int64(0) if age >= 0x8000 else age
    return np.int64(_FORGOTTEN_H) if age > _MEMORY_H or entry == 0 else age
