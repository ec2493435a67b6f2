"""The feature vector: names, positions, and the part that needs no history."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from features.categories import CATEGORY_GROUPS, group_of
from features.columns import Channel, Columns
from features.compiling import kernel
from features.entity_columns import entity_features
from features.links import link_measure
from features.numerics import log1p
from features.phrases import phrases
from features.schema import TransactionSchema
from features.windows import DAY_S

Vector = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

OWN_FEATURES = ("log_amount", "whole_amount", "hour_sin", "hour_cos", "night", "weekend", "card_absent")
_GROUP_AT = len(OWN_FEATURES)
_MINUTES = 1440
_NIGHT_FROM_S, _NIGHT_TO_S = 22 * 3600.0, 4 * 3600.0
_THURSDAY = 3  # 1970-01-01, counted from Monday
_SATURDAY = 5
_HOUR_ANGLE = [2 * math.pi * minute / _MINUTES for minute in range(_MINUTES)]
# A table per minute instead of sin and cos: float32 of a float64 is the same with every C library.
_SINE = np.array([math.sin(angle) for angle in _HOUR_ANGLE], np.float32)
_COSINE = np.array([math.cos(angle) for angle in _HOUR_ANGLE], np.float32)


class FeatureLayout:
    """The columns of the feature vector, for the entities of a schema.

    Attributes:
        names: the d names in order.
        own: columns of the transaction itself.
        entities: columns of each entity.
        links: names of the links, one for each entity; they are beside the vector, and no model reads them.

    >>> layout = FeatureLayout(TransactionSchema())
    >>> layout.names[layout.entities[0].start]
    'card_log_seconds_since_last'
    """

    def __init__(self, schema: TransactionSchema) -> None:
        own = (*OWN_FEATURES, *(f"category_{group}" for group in CATEGORY_GROUPS))
        names = list(own)
        slices = []
        for position, entity in enumerate(schema.entities):
            block = entity_features(entity.name, primary=position == 0)
            slices.append(slice(len(names), len(names) + len(block)))
            names.extend(block)
        self.names: tuple[str, ...] = tuple(names)
        self.own = slice(0, len(own))
        self.entities: tuple[slice, ...] = tuple(slices)
        kinds = [entity.name for entity in schema.entities]
        self.links = tuple(f"{kind}_{link_measure(kinds, place)}" for place, kind in enumerate(kinds))
        self._phrases = phrases(schema)

    def __len__(self) -> int:
        return len(self.names)

    def describe(self, name: str) -> str:
        """Return a feature in words.

        >>> FeatureLayout(TransactionSchema()).describe("card_ratio_7d")
        'card: amount against its usual over 7 days'
        """
        return self._phrases[name].words

    def say(self, name: str, value: float) -> str:
        """Return a feature in words, with its value and unit.

        >>> FeatureLayout(TransactionSchema()).say("card_ratio_7d", 2.0)
        'card: amount against its usual over 7 days: 7.4 times'
        """
        return self._phrases[name].say(value)

    def empty(self, n: int) -> Vector:
        """Return uninitialised room for the features of n transactions, float32 (n, d)."""
        return np.empty((n, len(self)), np.float32)

    def no_links(self, n: int) -> Vector:
        """Return room for the links of n transactions, float32 (n, entities), all 0."""
        return np.zeros((n, len(self.links)), np.float32)

    def own_features(self, columns: Columns, out: Vector) -> None:
        """Write the transactions' own features to their columns of `out`, float32 (n, d)."""
        own = out[:, self.own]
        group = group_of(columns.category)
        _own_features(columns.time, columns.amount, columns.channel, group, _SINE, _COSINE, own)


@kernel
def _own_features(
    time: Floats, amount: Floats, channel: npt.NDArray[np.int8], group: npt.NDArray[np.int8],
    sine: Vector, cosine: Vector, out: Vector,
) -> None:  # fmt: skip
    for i in range(len(time)):
        day = np.floor(time[i] / DAY_S)
        second = time[i] - day * DAY_S
        minute = np.int64(second / 60.0)
        out[i, 0] = log1p(amount[i])
        out[i, 1] = amount[i] >= 1.0 and amount[i] == np.floor(amount[i])
        out[i, 2] = sine[minute]
        out[i, 3] = cosine[minute]
        out[i, 4] = second >= _NIGHT_FROM_S or second < _NIGHT_TO_S
        out[i, 5] = (np.int64(day) + _THURSDAY) % 7 >= _SATURDAY
        out[i, 6] = channel[i] == Channel.NOT_PRESENT
        out[i, _GROUP_AT:] = 0.0
        if group[i] >= 0:
            out[i, _GROUP_AT + group[i]] = 1.0
