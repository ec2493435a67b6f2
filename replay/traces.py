"""Where an episode meets recent traffic, by the keys of their entities."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from meta.episode import Traces
from replay.traffic import TrafficRows


def traces_of(recent: TrafficRows, frauds: TrafficRows, own: NDArray[np.int64]) -> Traces:
    """Return the rows of recent traffic that an episode has a part in.

    Args:
        recent: Recent traffic.
        frauds: Flagged and confirmed frauds of the episode.
        own: Numbers, in the file, of all transactions of the episode.
    """
    entities = [
        np.flatnonzero(recent.keys[:, kind] == key)
        for kind in range(recent.keys.shape[1])
        for key in np.unique(frauds.keys[:, kind])
    ]
    return Traces(entities, np.flatnonzero(np.isin(recent.row, own)), float(frauds.seconds.min()))
