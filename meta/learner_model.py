"""Meta-learned parameters of the gradient and metric learners, as one artifact."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from meta.arrays import Floats, Tensors, matrix
from meta.normaliser import Normaliser
from meta.tensors import content_hash, pack, unpack

if TYPE_CHECKING:
    from meta.learners.networks import Params

_KIND = "learners"


class NotLearned(KeyError):
    """A learner that the artifact was not trained for."""


@dataclass(frozen=True)
class LearnerModel:
    """Parameters of all learners.

    Attributes:
        features: Names of the features, in order.
        normaliser: Map from raw features to normal scores.
        tensors: Parameters, named `learner/part/tensor`.
    """

    features: tuple[str, ...]
    normaliser: Normaliser
    tensors: Tensors

    def scores(self, X: Floats) -> Floats:
        """Return normal scores float32 (n, d)."""
        return self.normaliser(matrix(X, len(self.features), "learner features"))

    def params(self, learner: str, part: str = "params") -> Params:
        """Return the torch parameters of a learner.

        Raises:
            NotLearned: The artifact was not trained for it.
        """
        import torch  # a scorer needs none

        prefix = f"{learner}/{part}/"
        found = {k[len(prefix) :]: v for k, v in self.tensors.items() if k.startswith(prefix)}
        if not found:
            raise NotLearned(
                f"learner {learner!r}, allowed {sorted({k.split('/')[0] for k in self.tensors})}"
            )
        return {k: torch.from_numpy(np.array(v)) for k, v in found.items()}

    def to_bytes(self) -> bytes:
        """Return the artifact; equal models give equal bytes."""
        named = {f"learned.{k}": v for k, v in self.tensors.items()}
        return pack(self.normaliser.tensors() | named, {"kind": _KIND, "features": list(self.features)})

    @classmethod
    def from_bytes(cls, data: bytes) -> LearnerModel:
        """Rebuild from `to_bytes`.

        Raises:
            BrokenArtifact: The bytes are no artifact of learners.
        """
        tensors, header = unpack(data, kind=_KIND)
        learned = {k[len("learned.") :]: v for k, v in tensors.items() if k.startswith("learned.")}
        return cls(tuple(header["features"]), Normaliser.from_tensors(tensors), learned)

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of the artifact."""
        return content_hash(self.to_bytes())

    def save(self, path: Path) -> None:
        """Write the artifact."""
        path.write_bytes(self.to_bytes())

    @classmethod
    def load(cls, path: Path) -> LearnerModel:
        """Read an artifact written by `save`."""
        return cls.from_bytes(path.read_bytes())


def named_tensors(learner: str, part: str, params: Params) -> Tensors:
    """Return parameters under the names that `LearnerModel` looks for."""
    return {f"{learner}/{part}/{k}": v.detach().cpu().numpy().astype(np.float32) for k, v in params.items()}
