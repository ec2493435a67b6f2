"""The trained artifacts that ship with flagfive, and how to load them.

`flagfive train` rebuilds them; each says in its header what it was trained on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from meta.arrays import Floats
from meta.base import BaseModel
from meta.calibration import Tails
from meta.evidence_model import EvidenceModel
from meta.learner_model import LearnerModel
from meta.tensors import pack, unpack

SHIPPED = Path(__file__).parent
_BASE, _EVIDENCE, _AWARE = "base.safetensors", "evidence.safetensors", "evidence-aware.safetensors"
_LEARNERS, _PAST, _TAILS = "learners.safetensors", "past.safetensors", "tails.safetensors"


class NoArtifacts(FileNotFoundError):
    """A trained artifact that is needed and missing."""


@dataclass(frozen=True)
class Artifacts:
    """A base and what was trained beside it.

    Attributes:
        base: The base.
        evidence: Evidence network that is blind to the base, where trained. A base without labels has none.
        evidence_aware: Evidence network that reads the base's surprise, where trained.
        learners: Gradient and metric learners, where trained.
        past: Confirmed frauds of the training period, raw features float32 (m, d): a detector must not lose
            them.
        tails: Tails of the base on genuine traffic of the training period, used until live traffic is known.
    """

    base: BaseModel
    evidence: EvidenceModel | None = None
    evidence_aware: EvidenceModel | None = None
    learners: LearnerModel | None = None
    past: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    tails: Tails | None = None

    def require_evidence(self) -> EvidenceModel:
        """Return the evidence network that is blind to the base.

        Raises:
            NoArtifacts: None was trained.
        """
        if self.evidence is None:
            raise NoArtifacts("no evidence network; `flagfive train` makes one from labelled history")
        return self.evidence

    def require_aware(self) -> EvidenceModel:
        """Return the evidence network that reads the base's surprise.

        Raises:
            NoArtifacts: None was trained.
        """
        if self.evidence_aware is None:
            raise NoArtifacts("no evidence network that is aware of the base; `flagfive train` makes one")
        return self.evidence_aware

    def require_learners(self) -> LearnerModel:
        """Return the gradient and metric learners.

        Raises:
            NoArtifacts: None were trained.
        """
        if self.learners is None:
            raise NoArtifacts("no meta-learned gradient and metric learners; `flagfive train` makes them")
        return self.learners

    @classmethod
    def load(cls, folder: Path = SHIPPED) -> Artifacts:
        """Read the artifacts of `folder`.

        Raises:
            NoArtifacts: There is no base; the message names the file.
        """
        if not (folder / _BASE).exists():
            raise NoArtifacts(f"{folder}: no {_BASE}; `flagfive train` makes one")
        evidence, aware = _read_evidence(folder / _EVIDENCE), _read_evidence(folder / _AWARE)
        learners = LearnerModel.load(folder / _LEARNERS) if (folder / _LEARNERS).exists() else None
        past, tails = _read_past(folder / _PAST), _read_tails(folder / _TAILS)
        return cls(BaseModel.load(folder / _BASE), evidence, aware, learners, past, tails)

    def save(self, folder: Path) -> None:
        """Write the artifacts to `folder`; it is created if missing."""
        folder.mkdir(parents=True, exist_ok=True)
        self.base.save(folder / _BASE)
        optional = ((_EVIDENCE, self.evidence), (_AWARE, self.evidence_aware), (_LEARNERS, self.learners))
        for name, model in optional:
            if model is not None:
                model.save(folder / name)
        if len(self.past):
            (folder / _PAST).write_bytes(past_to_bytes(self.past))
        if self.tails is not None:
            (folder / _TAILS).write_bytes(pack(self.tails.tensors(), {"kind": "tails"}))


def past_to_bytes(past: Floats) -> bytes:
    """Return past frauds, raw features float32 (m, d), as an artifact."""
    return pack({"past": past}, {"kind": "past"})


def past_from_bytes(data: bytes) -> Floats:
    """Rebuild from `past_to_bytes`.

    Raises:
        BrokenArtifact: The bytes are no such artifact.
    """
    tensors, _ = unpack(data, kind="past")
    return np.asarray(tensors["past"], dtype=np.float32)


def _read_evidence(path: Path) -> EvidenceModel | None:
    return EvidenceModel.load(path) if path.exists() else None


def _read_past(path: Path) -> Floats:
    return past_from_bytes(path.read_bytes()) if path.exists() else np.zeros((0, 0), np.float32)


def _read_tails(path: Path) -> Tails | None:
    return Tails.from_tensors(unpack(path.read_bytes(), kind="tails")[0]) if path.exists() else None
