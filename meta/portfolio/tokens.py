"""What the detectors of a portfolio read of a row: one curve per token."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from meta.arrays import Floats, Ints, matrix
from meta.base import BaseModel
from meta.calibration import token_of
from meta.curve_network import located
from meta.evidence_model import EvidenceModel
from meta.normaliser import Normaliser


@dataclass(frozen=True)
class Tokens:
    """Normal scores, the evidence network's learned tokens where there is one, and the base's surprise.

    Attributes:
        base: The base; its normaliser is used where no network was trained.
        evidence: Evidence network that is blind to the base, if one was trained.
    """

    base: BaseModel
    evidence: EvidenceModel | None = None

    @property
    def content_hash(self) -> str:
        """Hash of the model that decides where a row lies on the curves."""
        return self.base.content_hash if self.evidence is None else self.evidence.content_hash

    @property
    def normaliser(self) -> Normaliser:
        """Map from raw features to normal scores."""
        return self.base.normaliser if self.evidence is None else self.evidence.normaliser

    @property
    def learned(self) -> int:
        """Number of the network's learned tokens."""
        return 0 if self.evidence is None else self.evidence.sizes["learned"]

    @property
    def count(self) -> int:
        """Number of all tokens, m."""
        return self.normaliser.tokens + self.learned + 1

    @property
    def plain(self) -> Ints:
        """Places of the tokens that are not learned: normal scores, and the base's surprise at the end."""
        return np.append(np.arange(self.normaliser.tokens, dtype=np.int32), np.int32(self.count - 1))

    def located(self, X: Floats) -> tuple[Ints, Floats]:
        """Return where rows lie on the curves.

        Args:
            X: Raw features with the base's surprise as last column, float32 (n, d + 1).

        Returns:
            Left knot int32 and share of the right knot float32 of all tokens, both (n, m).
        """
        X = matrix(X, self.normaliser.columns + 1, "features and surprise")
        scores = self.normaliser(X[:, :-1])
        parts = [located(scores) if self.evidence is None else self.evidence.located(scores)]
        parts.append(located(token_of(X[:, -1:])))
        index, weight = (np.concatenate(arrays, axis=1) for arrays in zip(*parts, strict=True))
        return index, weight
