"""Parts of entries: their names, and what is written into them as safetensors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from meta.arrays import Floats
from meta.calibration import Tails
from meta.tensors import pack, unpack

BASE, DETECTOR, NETWORK, PAST = "base", "detector", "network", "past"
SUPPORT, TAILS = "support", "tails"
"""Names of the parts."""
TAILS_OF = "tails of "
"""Prefix of the names of a calibration's parts, before a detector's id."""


@dataclass(frozen=True)
class FlaggedTransactions:
    """Transactions that a detector was adapted to, so that an alert can name the nearest.

    Attributes:
        ids: Ids of k transactions.
        rows: Their raw features, float32 (k, d).
    """

    ids: tuple[str, ...]
    rows: Floats

    def to_bytes(self) -> bytes:
        """Return the part of an entry."""
        return pack({SUPPORT: self.rows}, {"kind": SUPPORT, "ids": list(self.ids)})

    @classmethod
    def from_bytes(cls, data: bytes) -> FlaggedTransactions:
        """Rebuild from `to_bytes`.

        Raises:
            BrokenArtifact: The bytes are no such part.
        """
        tensors, header = unpack(data, kind=SUPPORT)
        return cls(tuple(str(identity) for identity in header["ids"]), tensors[SUPPORT])


NONE_FLAGGED = FlaggedTransactions((), np.zeros((0, 0), np.float32))


def tails_to_bytes(tails: Tails) -> bytes:
    """Return tails as the part of an entry."""
    return pack(tails.tensors(), {"kind": TAILS})


def tails_from_bytes(data: bytes) -> Tails:
    """Rebuild from `tails_to_bytes`.

    Raises:
        BrokenArtifact: The bytes hold no tails.
    """
    return Tails.from_tensors(unpack(data, kind=TAILS)[0])


def calibration_parts(base: Tails, detectors: Mapping[str, Tails]) -> dict[str, bytes]:
    """Return a calibration as the parts of an entry: the base's tails, and each detector's by its id."""
    own = {TAILS_OF + identity: tails_to_bytes(tails) for identity, tails in detectors.items()}
    return {TAILS: tails_to_bytes(base), **own}
