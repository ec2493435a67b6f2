"""The trained evidence network as an artifact, and the arrays that the kernels read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from meta import kernels
from meta.arrays import Floats, Ints, Tensors, matrix
from meta.calibration import token_of
from meta.curve_network import located
from meta.normaliser import Normaliser
from meta.tensors import content_hash, pack, unpack

if TYPE_CHECKING:
    from meta.networks.evidence import EvidenceNet

_KIND = "evidence"


@dataclass(frozen=True)
class EvidenceModel:
    """A trained evidence network.

    Attributes:
        features: Names of the features that it reads, in order.
        aware: Whether it reads one more column: the base's surprise.
        normaliser: Map from raw features to normal scores.
        weights: The network's weights, by torch's names.
        sizes: Arguments of `EvidenceNet` beside the number of features.
        provenance: What it was trained on.
    """

    features: tuple[str, ...]
    aware: bool
    normaliser: Normaliser
    weights: Tensors
    sizes: dict[str, int]
    provenance: dict[str, Any]

    @classmethod
    def of(
        cls, net: EvidenceNet, features: tuple[str, ...], normaliser: Normaliser, provenance: dict[str, Any]
    ) -> EvidenceModel:
        """Take the weights of a trained network; it is aware if it reads one column more than the tokens."""
        from meta.networks.export import array

        weights = {k: array(v) for k, v in net.state_dict().items()}
        sizes = {
            "learned": net.learned,
            "trunk": net.hidden,
            "width": int(net.identity.shape[1]),
            "layers": len(net.layers),
        }
        return cls(features, net.features > normaliser.tokens, normaliser, weights, sizes, provenance)

    @property
    def columns(self) -> int:
        """Columns that rows must have."""
        return len(self.features) + int(self.aware)

    @property
    def tokens(self) -> int:
        """Curves of a detector: tokens of the normaliser, the base's surprise if aware, learned ones."""
        return self.normaliser.tokens + int(self.aware) + self.sizes["learned"]

    @cached_property
    def net(self) -> EvidenceNet:
        """The network in torch, on the processor. Only adapting needs it; scoring needs no torch."""
        return self.net_on("cpu")

    def net_on(self, device: str) -> EvidenceNet:
        """Return the network in torch on `device`; it is built once per device."""
        import torch

        from meta.networks.evidence import EvidenceNet

        if device not in self._nets:
            net = EvidenceNet(self.normaliser.tokens + int(self.aware), **self.sizes)
            net.load_state_dict({k: torch.from_numpy(v.copy()) for k, v in self.weights.items()})
            self._nets[device] = net.eval().requires_grad_(False).to(device)
        return self._nets[device]

    @cached_property
    def _nets(self) -> dict[str, EvidenceNet]:
        return {}

    def scores(self, X: Floats) -> Floats:
        """Return normal scores float32 (n, tokens) of raw rows (n, columns)."""
        X = matrix(X, self.columns, "evidence features")
        z = self.normaliser(X[:, : len(self.features)])
        return np.concatenate([z, token_of(X[:, -1:])], axis=1) if self.aware else z

    def located(self, scores: Floats) -> tuple[Ints, Floats]:
        """Return where normal scores (n, columns) lie on the curves.

        Returns:
            Left knot int32 and share of the right knot float32 of all tokens, both (n, tokens).
        """
        hidden = np.empty((len(scores), self._trunk[0].shape[1]), np.float32)
        kernels.dense(scores, self._trunk[0], self._trunk[1], hidden)
        kernels.relu(hidden)
        learned = np.empty((len(scores), self._trunk[2].shape[1]), np.float32)
        kernels.dense(hidden, self._trunk[2], self._trunk[3], learned)
        kernels.squash(learned)
        return located(np.concatenate([scores, learned], axis=1))

    @cached_property
    def _trunk(self) -> tuple[Floats, Floats, Floats, Floats]:
        w = self.weights
        first, second = (np.ascontiguousarray(w[f"trunk.{i}.weight"].T) for i in (0, 2))
        return first, w["trunk.0.bias"], second, w["trunk.2.bias"]

    def to_bytes(self) -> bytes:
        """Return the artifact; equal models give equal bytes."""
        weights = {f"net.{k}": v for k, v in self.weights.items()}
        header = {
            "kind": _KIND,
            "features": list(self.features),
            "aware": self.aware,
            "sizes": self.sizes,
            "provenance": self.provenance,
        }
        return pack(self.normaliser.tensors() | weights, header)

    @classmethod
    def from_bytes(cls, data: bytes) -> EvidenceModel:
        """Rebuild from `to_bytes`.

        Raises:
            BrokenArtifact: The bytes are no evidence network.
        """
        tensors, h = unpack(data, kind=_KIND)
        weights = {k[4:]: v for k, v in tensors.items() if k.startswith("net.")}
        normaliser = Normaliser.from_tensors(tensors)
        return cls(tuple(h["features"]), bool(h["aware"]), normaliser, weights, h["sizes"], h["provenance"])

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of the artifact."""
        return content_hash(self.to_bytes())

    def save(self, path: Path) -> None:
        """Write the artifact."""
        path.write_bytes(self.to_bytes())

    @classmethod
    def load(cls, path: Path) -> EvidenceModel:
        """Read an artifact written by `save`."""
        return cls.from_bytes(path.read_bytes())


def log_odds_of(index: Ints, weight: Floats, tables: Floats, bias: Floats) -> NDArray[np.float64]:
    """Return the log-odds of located rows under several detectors.

    Args:
        index: Left knot of each token, int32 (n, tokens).
        weight: Share of the right knot, float32 (n, tokens).
        tables: Curves of each detector, float32 (p, tokens, KNOTS).
        bias: Bias of each detector, float32 (p,).

    Returns:
        Log-odds float64 (n, p).
    """
    return summed_curves(index, weight, np.ascontiguousarray(tables.transpose(1, 2, 0)), bias)


def summed_curves(index: Ints, weight: Floats, tables: Floats, bias: Floats) -> NDArray[np.float64]:
    """As `log_odds_of`, for tables that are stacked for the kernel already: (tokens, KNOTS, p)."""
    out = np.empty((len(index), len(bias)), np.float32)
    kernels.curves(index, weight, tables, bias, out)
    return out.astype(np.float64)


def shares_of(index: Ints, weight: Floats) -> Floats:
    """Return what the network reads of a background: the share of its rows at each knot.

    Args:
        index: Left knot of each token, int32 (n, tokens).
        weight: Share of the right knot, float32 (n, tokens).

    Returns:
        Shares float32 (tokens, KNOTS); those of one token add to 1.
    """
    rows, tokens = index.shape
    at = index + np.arange(tokens) * kernels.KNOTS
    size = tokens * kernels.KNOTS
    left = np.bincount(at.ravel(), (1 - weight).ravel(), size)
    right = np.bincount(at.ravel() + 1, weight.ravel(), size)
    shares = (left + right) / max(rows, 1)
    return np.asarray(shares.reshape(tokens, kernels.KNOTS), np.float32)
