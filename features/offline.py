"""Compute the features of whole files with the live code."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from features.byte_strings import ByteStrings
from features.columns import NO_CATEGORY, NO_CURRENCY, Channel, Columns
from features.keys import keys_from
from features.profiles import Profiles
from features.schema import TransactionSchema
from features.vector import FeatureLayout

_CHUNK = 65_536  # transactions: large enough to hide Python, small enough to stay in a cache


class Featuriser:
    """Profiles of all entities, as one worker with one partition would hold them.

    Transactions must come in order of arrival. A file larger than memory is passed in parts.
    """

    def __init__(self, schema: TransactionSchema) -> None:
        self.layout = FeatureLayout(schema)
        self._profiles = [Profiles(position) for position in range(len(schema.entities))]

    def features(self, columns: Columns) -> npt.NDArray[np.float32]:
        """Fold the next n transactions; return the features as of just before each, float32 (n, d)."""
        return self.features_and_links(columns)[0]

    def features_and_links(self, columns: Columns) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """As `features`; also return the links of each, float32 (n, entities), as of just before it."""
        out, links = self.layout.empty(len(columns)), self.layout.no_links(len(columns))
        for first in range(0, len(columns), _CHUNK):
            part = slice(first, first + _CHUNK)
            self._fold(columns.take(part), out[part], links[part])
        return out, links

    def _fold(self, columns: Columns, out: npt.NDArray[np.float32], links: npt.NDArray[np.float32]) -> None:
        self.layout.own_features(columns, out)
        for at, (profiles, place) in enumerate(zip(self._profiles, self.layout.entities, strict=True)):
            profiles.publish(profiles.stage(columns, out[:, place], links=links[:, at]))


def featurise(schema: TransactionSchema, columns: Columns) -> npt.NDArray[np.float32]:
    """Return the features of a whole history in order of arrival, float32 (n, d)."""
    return Featuriser(schema).features(columns)


def columns_from(
    time: npt.ArrayLike,
    amount: npt.ArrayLike,
    keys: tuple[npt.NDArray[Any], ...],
    *,
    category: npt.NDArray[np.int32] | None = None,
    channel: npt.NDArray[np.int8] | None = None,
) -> Columns:
    """Build columns from arrays; ids stay empty, since no feature reads them.

    Args:
        time: seconds since 1970, (n,).
        amount: units of currency, (n,).
        keys: keys of each entity, integers or strings, (n,) each.
        category: merchant category codes, int32 (n,).
        channel: values of `Channel`, int8 (n,).

    Raises:
        ValueError: amounts or keys have another length than `time`.
    """
    times, amounts = np.asarray(time, np.float64), np.asarray(amount, np.float64)
    n = len(times)
    lengths = {"amount": len(amounts), **{f"keys[{k}]": len(key) for k, key in enumerate(keys)}}
    for name, length in lengths.items():
        if length != n:
            raise ValueError(f"{name} has {length} values, time has {n}: one per transaction is needed")
    return Columns(
        row=np.arange(n, dtype=np.int32),
        id=ByteStrings(np.empty(0, np.uint8), np.zeros(n, np.int64), np.zeros(n, np.int64)),
        time=times,
        amount=amounts,
        currency=np.full(n, NO_CURRENCY, np.int32),
        category=np.full(n, NO_CATEGORY, np.int32) if category is None else np.asarray(category, np.int32),
        channel=np.full(n, Channel.UNKNOWN, np.int8) if channel is None else np.asarray(channel, np.int8),
        keys=tuple(keys_from(key) for key in keys),
    )
