"""The base: a frozen scoring network trained on history, with all that scoring needs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from meta.arrays import Doubles, Floats, matrix
from meta.curve_network import CurveNetwork
from meta.histograms import Histograms
from meta.normaliser import Normaliser
from meta.tensors import content_hash, pack, unpack

_KIND = "base"


@dataclass(frozen=True)
class Provenance:
    """What a base was trained on.

    Attributes:
        period: First and last event time, seconds since 1970.
        data_hash: SHA-256 of rows and labels.
        seed: Seed of the training.
        rows: Training rows.
        frauds: Frauds among them.
        held_out: Names of fraud families that took no part.
    """

    period: tuple[float, float]
    data_hash: str
    seed: int
    rows: int
    frauds: int
    held_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class BaseModel:
    """A scoring network and its inputs.

    Attributes:
        features: Names of the features, in order.
        normaliser: Map from raw features to normal scores.
        network: The network.
        histograms: Distribution of the training features, to measure drift against.
        provenance: What it was trained on.
    """

    features: tuple[str, ...]
    normaliser: Normaliser
    network: CurveNetwork
    histograms: Histograms
    provenance: Provenance

    def score(self, X: Floats) -> Doubles:
        """Return log-odds float64 (n,) of raw features float32 (n, d).

        A row's score is the same to the bit in any batch.
        """
        return self.network.score(self.tokens(X))

    def tokens(self, X: Floats) -> Floats:
        """Return normal scores float32 (n, tokens) in +-5 of raw features float32 (n, d).

        Raises:
            WrongShape: The rows have another number of features.
        """
        return self.normaliser(matrix(X, len(self.features), "base features"))

    def to_bytes(self) -> bytes:
        """Return the artifact; equal models give equal bytes."""
        tensors = self.normaliser.tensors() | self.network.tensors() | self.histograms.tensors()
        p = self.provenance
        header: dict[str, Any] = {
            "kind": _KIND,
            "features": list(self.features),
            "span": list(p.period),
            "data_hash": p.data_hash,
            "seed": p.seed,
            "rows": p.rows,
            "frauds": p.frauds,
            "held_out": list(p.held_out),
        }
        return pack(tensors, header)

    @classmethod
    def from_bytes(cls, data: bytes) -> BaseModel:
        """Rebuild from `to_bytes`.

        Raises:
            BrokenArtifact: The bytes are no base.
        """
        tensors, h = unpack(data, kind=_KIND)
        provenance = Provenance(
            (h["span"][0], h["span"][1]),
            h["data_hash"],
            h["seed"],
            h["rows"],
            h["frauds"],
            tuple(h["held_out"]),
        )
        return cls(
            tuple(h["features"]),
            Normaliser.from_tensors(tensors),
            CurveNetwork.from_tensors(tensors),
            Histograms.from_tensors(tensors),
            provenance,
        )

    @property
    def content_hash(self) -> str:
        """SHA-256 of the artifact."""
        return content_hash(self.to_bytes())

    def save(self, path: Path) -> None:
        """Write the artifact."""
        path.write_bytes(self.to_bytes())

    @classmethod
    def load(cls, path: Path) -> BaseModel:
        """Read an artifact written by `save`."""
        return cls.from_bytes(path.read_bytes())


def data_hash(X: Floats, labels: np.ndarray[Any, Any]) -> str:
    """Return the SHA-256 of training rows and labels; it traces a base to its data."""
    return content_hash(np.ascontiguousarray(X).tobytes() + np.ascontiguousarray(labels).tobytes())
