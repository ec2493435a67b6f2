"""Computes the features of a file part by part: live features, further columns, sharp windows, late risk."""

from __future__ import annotations

import numpy as np

from features.hashing import hash_strings
from features.offline import Featuriser
from meta.arrays import Floats
from replay.further import Further
from replay.reading import Part, RowReader
from replay.risk import CardWindows, DelayedRisk
from replay.traffic import TrafficRows


class Featured:
    """Computes features of the parts of a file, which must come in their order.

    Args:
        reader: Reads the file.
        delay_s: Seconds after its transaction at which a label is known.

    Attributes:
        names: Names of all features; the first `live` run live, a retrained model can have the others too.
        live: Number of features that run live.
    """

    def __init__(self, reader: RowReader, delay_s: float) -> None:
        self._reader = reader
        self._featuriser = Featuriser(reader.schema)
        self._further = Further(reader.mapping)
        entities = [entity.name for entity in reader.schema.entities]
        self._risk = DelayedRisk([*entities, *reader.mapping.categorical], delay_s)
        self._card = CardWindows()
        live = (*self._featuriser.layout.names, *self._further.names)
        self.live = len(live)
        self.names = (*live, *self._card.names, *self._risk.names)

    def features(self, part: Part) -> Floats:
        """Fold the next n rows and return their features as of just before each, float32 (n, d)."""
        c = part.columns
        blocks = [
            self._live_features(part),
            self._card.features(c.time, c.keys[0], c.amount),
            self._risk.features(c.time, (*c.keys, *part.categorical), part.label),
        ]
        return np.concatenate(blocks, axis=1)

    def traffic(self, part: Part) -> TrafficRows:
        """Return the next rows with all features; without a card column each row is a card of its own."""
        return self._traffic(part, self.features(part))

    def live_traffic(self, part: Part) -> TrafficRows:
        """Return the next rows with the features that run live only."""
        return self._traffic(part, self._live_features(part))

    def _live_features(self, part: Part) -> Floats:
        return np.concatenate([self._featuriser.features(part.columns), self._further.features(part)], axis=1)

    def _traffic(self, part: Part, X: Floats) -> TrafficRows:
        keys = [part.card if self._reader.has_cards else part.id]
        keys += [hash_strings(spans) for spans in part.columns.keys[1:]]
        c, row = part.columns, part.first + np.arange(len(part))
        return TrafficRows(X, part.label, part.family, np.stack(keys, 1), c.time, c.amount, row)
