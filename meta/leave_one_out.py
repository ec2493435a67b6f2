"""What a detector would have said of each flag, had that flag not been given."""

from __future__ import annotations

import numpy as np

from meta.adapters.protocol import Adapter
from meta.arrays import Doubles, Floats
from meta.calibration import Tails
from meta.reservoir import Reservoir
from meta.support import Support

FOLDS = 8  # at most; more flags are left out a few at a time
_ROWS = 5000  # of the reservoir, for the tails of each fold
_HANDICAP = 0.7  # a single flag cannot be left out; found by itself it surprises about this much more


def leave_one_out(
    adapter: Adapter, support: Support, background: Floats, reservoir: Reservoir, *, seed: int
) -> Doubles:
    """Return for each flag (k,) its surprise under a detector made without it.

    `support` and `background` are in raw features; the adapter's own columns are added here.
    """
    grown = Support(
        reservoir.extend(adapter, support.fraud),
        reservoir.extend(adapter, support.genuine) if len(support.genuine) else support.genuine,
    )
    usual = reservoir.extend(adapter, background)
    found = np.empty(len(support))
    for out in np.array_split(np.arange(len(support)), min(FOLDS, len(support))):
        kept = np.setdiff1d(np.arange(len(support)), out)
        part = Support(grown.fraud[kept] if len(kept) else grown.fraud, grown.genuine)
        detector = adapter.adapt(part, usual, seed=seed)
        tails = Tails.fit(reservoir.scores(adapter, detector, _ROWS))
        found[out] = tails.surprise(adapter.score(detector, grown.fraud[out]))
    return found - _HANDICAP if len(support) == 1 else found
