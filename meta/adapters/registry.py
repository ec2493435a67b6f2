"""Adapters by name."""

from __future__ import annotations

from collections.abc import Callable

from meta.adapters.evidence import Evidence
from meta.adapters.finetune import Finetune
from meta.adapters.logistic import Logistic
from meta.adapters.protocol import Adapter
from meta.adapters.ridge import Ridge
from meta.artifacts import Artifacts, NoArtifacts
from meta.evidence_model import EvidenceModel

DEFAULT = "evidence"

_MAKERS: dict[str, Callable[[Artifacts], Adapter]] = {
    "evidence": lambda a: Evidence(a.evidence),
    "evidence-aware": lambda a: Evidence(_aware(a)),
    "ridge": lambda a: Ridge(a.base.normaliser),
    "logistic": lambda a: Logistic(a.base.normaliser),
    "finetune": lambda a: Finetune(a.base),
}
NAMES = tuple(_MAKERS)


class UnknownAdapter(KeyError):
    """A name that no adapter has."""


def adapter(name: str, artifacts: Artifacts) -> Adapter:
    """Return the adapter of that name, around the trained artifacts; UnknownAdapter lists the names there
    are.
    """
    if name not in _MAKERS:
        raise UnknownAdapter(f"adapter {name!r}, allowed {', '.join(NAMES)}")
    return _MAKERS[name](artifacts)


def _aware(artifacts: Artifacts) -> EvidenceModel:
    if artifacts.evidence_aware is None:
        raise NoArtifacts("no evidence network that is aware of the base; `flagfive train` makes one")
    return artifacts.evidence_aware
