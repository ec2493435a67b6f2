"""The trained network that writes a prior from token statistics, as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np

from meta.arrays import Doubles, Floats, Tensors
from meta.prior.closed_form import Prior
from meta.prior.token_statistics import STATISTICS, Located, direction, token_statistics
from meta.tensors import BrokenArtifact, content_hash, pack, unpack

_KIND = "prior"
SHIPPED = Path(__file__).parents[1] / "artifacts" / "prior.safetensors"

LINE, FOLD, DISTANCE, PENALTY = 0.7, 0.7, 2.8, 0.1
"""The prior without corrections. Chosen on ADBench's tables and eight of the simulator's patterns."""

OF_TOKEN = (0.8, 0.8, 0.6)
"""Largest corrections of a token's line, fold and metric, as logarithms."""

OF_ALL = (0.8, 0.8, 0.8, 1.2)
"""Largest corrections of all lines, all folds, the distances and the penalty, as logarithms."""

MEAN = 0.5  # largest expected weight of a scaled line or fold, times the root of the number of tokens
WIDTH = 32  # of the hidden layers
SHAPES = {
    "first": (STATISTICS, WIDTH),
    "second": (3 * WIDTH, WIDTH),
    "token": (WIDTH, len(OF_TOKEN) + 2),
    "all": (2 * WIDTH, len(OF_ALL)),
}
"""Weight matrices (inputs, outputs) by name; each has a bias `NAME_bias`."""


@dataclass(frozen=True)
class PriorModel:
    """A trained network: two layers for each token, with the mean and maximum of all tokens in between.

    Attributes:
        weights: Weights float32 by the names of `SHAPES`.
        provenance: What it was trained on.
        trust: Share of the learned corrections that counts, 0 to 1. 0 leaves the fixed prior.
    """

    weights: Tensors
    provenance: dict[str, Any]
    trust: float = 1.0

    @classmethod
    def without_corrections(cls) -> PriorModel:
        """Return a network that always gives the fixed prior: all its weights are 0."""
        zeros = {n: np.zeros(s, np.float32) for n, s in SHAPES.items()}
        return cls(zeros | {f"{n}_bias": np.zeros(s[1], np.float32) for n, s in SHAPES.items()}, {})

    def prior(self, located: Located) -> Prior:
        """Return the prior for flags that were located in their background."""
        of_token, of_all = self._outputs(token_statistics(located))
        line, fold, metric = np.exp(np.array(OF_TOKEN) * of_token[:, :3]).T
        lines, folds, distance, penalty = np.exp(np.array(OF_ALL) * of_all)
        mean = MEAN * of_token[:, 3:].T / np.sqrt(len(of_token))
        return Prior(
            LINE * lines * line,
            FOLD * folds * fold,
            metric,
            mean[0] * direction(located),
            mean[1],
            float(DISTANCE * distance),
            float(PENALTY * penalty),
        )

    def _outputs(self, statistics: Floats) -> tuple[Doubles, Doubles]:
        """Return corrections in +-1: of each token (t, 5), of all (4,)."""
        first = np.maximum(self._layer("first", statistics.astype(np.float64)), 0)
        around = np.broadcast_to(_pooled(first), (len(first), 2 * WIDTH))
        second = np.maximum(self._layer("second", np.concatenate([first, around], axis=1)), 0)
        of_token, of_all = self._layer("token", second), self._layer("all", _pooled(second))
        return self.trust * np.tanh(of_token), self.trust * np.tanh(of_all)

    def _layer(self, name: str, x: Doubles) -> Doubles:
        return np.asarray(x @ self.weights[name] + self.weights[f"{name}_bias"])

    def to_bytes(self) -> bytes:
        """Return the artifact; equal models give equal bytes."""
        header = {"kind": _KIND, "provenance": self.provenance, "trust": self.trust}
        return pack(self.weights, header)

    @classmethod
    def from_bytes(cls, data: bytes) -> PriorModel:
        """Rebuild from `to_bytes`.

        Raises:
            BrokenArtifact: The bytes are no prior, or one of other sizes.
        """
        weights, header = unpack(data, kind=_KIND)
        for name, shape in SHAPES.items():
            if weights.get(name, np.zeros(0)).shape != shape:
                raise BrokenArtifact(f"prior without a tensor {name!r} of shape {shape}")
        return cls(weights, header["provenance"], float(header["trust"]))

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of the artifact."""
        return content_hash(self.to_bytes())

    @classmethod
    def load(cls, path: Path = SHIPPED) -> PriorModel:
        """Read an artifact written by `flagfive train-prior`."""
        return cls.from_bytes(path.read_bytes())


@cache
def shipped_prior() -> PriorModel:
    """Return the prior that ships with flagfive; it is read once."""
    return PriorModel.load()


def _pooled(x: Doubles) -> Doubles:
    return np.concatenate([x.mean(0), x.max(0)])
