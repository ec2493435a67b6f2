"""The trained artifacts that ship with flagfive, and how to load them.

`flagfive train` rebuilds them; each says in its header what it was trained on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from meta.arrays import Floats
from meta.base import BaseModel
from meta.evidence_model import EvidenceModel
from meta.learner_model import LearnerModel
from meta.tensors import pack, unpack

SHIPPED = Path(__file__).parent
_BASE, _EVIDENCE, _AWARE = "base.safetensors", "evidence.safetensors", "evidence-aware.safetensors"
_LEARNERS, _PAST = "learners.safetensors", "past.safetensors"


class NoArtifacts(FileNotFoundError):
    """A folder without a trained base or evidence network."""


@dataclass(frozen=True)
class Artifacts:
    """A base and the evidence networks that belong to it: one blind to the base, one aware of it where
    trained.
    """

    base: BaseModel
    evidence: EvidenceModel
    evidence_aware: EvidenceModel | None = None
    learners: LearnerModel | None = None
    past: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))

    @classmethod
    def load(cls, folder: Path = SHIPPED) -> Artifacts:
        """Read the artifacts of `folder`; NoArtifacts names what is missing."""
        for name in (_BASE, _EVIDENCE):
            if not (folder / name).exists():
                raise NoArtifacts(f"{folder}: no {name}; `flagfive train` makes one")
        aware = EvidenceModel.load(folder / _AWARE) if (folder / _AWARE).exists() else None
        learners = LearnerModel.load(folder / _LEARNERS) if (folder / _LEARNERS).exists() else None
        base, evidence = BaseModel.load(folder / _BASE), EvidenceModel.load(folder / _EVIDENCE)
        return cls(base, evidence, aware, learners, _read_past(folder / _PAST))

    def save(self, folder: Path) -> None:
        """Write the artifacts to `folder`, which is made where it is missing."""
        folder.mkdir(parents=True, exist_ok=True)
        self.base.save(folder / _BASE)
        self.evidence.save(folder / _EVIDENCE)
        if self.evidence_aware is not None:
            self.evidence_aware.save(folder / _AWARE)
        if self.learners is not None:
            self.learners.save(folder / _LEARNERS)
        if len(self.past):
            (folder / _PAST).write_bytes(pack({"past": self.past}, {"kind": "past"}))


def _read_past(path: Path) -> Floats:
    if not path.exists():
        return np.zeros((0, 0), np.float32)
    tensors, _ = unpack(path.read_bytes(), kind="past")
    return np.asarray(tensors["past"], dtype=np.float32)
