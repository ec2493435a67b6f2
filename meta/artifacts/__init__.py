"""The trained artifacts that ship with flagfive, and how to load them.

`flagfive train` rebuilds them; each says in its header what it was trained on.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from meta.base import BaseModel
from meta.evidence_model import EvidenceModel
from meta.learner_model import LearnerModel

SHIPPED = Path(__file__).parent
_BASE, _EVIDENCE, _AWARE = "base.safetensors", "evidence.safetensors", "evidence-aware.safetensors"
_LEARNERS = "learners.safetensors"


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

    @classmethod
    def load(cls, folder: Path = SHIPPED) -> Artifacts:
        """Read the artifacts of `folder`; NoArtifacts names what is missing."""
        for name in (_BASE, _EVIDENCE):
            if not (folder / name).exists():
                raise NoArtifacts(f"{folder}: no {name}; `flagfive train` makes one")
        aware = EvidenceModel.load(folder / _AWARE) if (folder / _AWARE).exists() else None
        learners = LearnerModel.load(folder / _LEARNERS) if (folder / _LEARNERS).exists() else None
        base, evidence = BaseModel.load(folder / _BASE), EvidenceModel.load(folder / _EVIDENCE)
        return cls(base, evidence, aware, learners)

    def save(self, folder: Path) -> None:
        """Write the artifacts to `folder`, which is made where it is missing."""
        folder.mkdir(parents=True, exist_ok=True)
        self.base.save(folder / _BASE)
        self.evidence.save(folder / _EVIDENCE)
        if self.evidence_aware is not None:
            self.evidence_aware.save(folder / _AWARE)
        if self.learners is not None:
            self.learners.save(folder / _LEARNERS)
