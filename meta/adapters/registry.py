"""Adapters by name."""

from __future__ import annotations

from collections.abc import Callable

from meta.adapters.blend import Blend
from meta.adapters.evidence import Evidence
from meta.adapters.finetune import Finetune
from meta.adapters.logistic import Logistic
from meta.adapters.protocol import Adapter
from meta.adapters.retrain import Retrain
from meta.adapters.ridge import Ridge
from meta.artifacts import Artifacts, NoArtifacts
from meta.evidence_model import EvidenceModel
from meta.learner_model import LearnerModel

DEFAULT = "evidence"
LEARNED = ("maml", "fomaml", "metasgd", "anil", "reptile", "protonet", "relation")
"""Made from meta-learned parameters by `meta.adapters.learned`."""


def _learned(name: str) -> Callable[[Artifacts], Adapter]:
    def make(artifacts: Artifacts) -> Adapter:
        from meta.adapters.learned import MAKERS  # with torch, which a scorer of other adapters need not load

        return MAKERS[name](_learners(artifacts))

    return make


_MAKERS: dict[str, Callable[[Artifacts], Adapter]] = {
    "evidence": lambda a: Evidence(a.evidence),
    "evidence-aware": lambda a: Evidence(_aware(a)),
    "ridge": lambda a: Ridge(a.base.normaliser),
    "logistic": lambda a: Logistic(a.base.normaliser),
    "finetune": lambda a: Finetune(a.base),
    **{name: _learned(name) for name in LEARNED},
    "retrain": lambda a: Retrain(a.base.normaliser, a.past),
    "blend": lambda a: blend(a),
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


def blend(artifacts: Artifacts) -> Blend:
    """Return the blend of all parts that the artifacts allow."""
    networks = [artifacts.evidence, artifacts.evidence_aware]
    trees = Retrain(artifacts.base.normaliser, artifacts.past)
    return Blend((*(Evidence(n) for n in networks if n is not None), trees))


def _aware(artifacts: Artifacts) -> EvidenceModel:
    if artifacts.evidence_aware is None:
        raise NoArtifacts("no evidence network that is aware of the base; `flagfive train` makes one")
    return artifacts.evidence_aware


def _learners(artifacts: Artifacts) -> LearnerModel:
    if artifacts.learners is None:
        raise NoArtifacts("no meta-learned gradient and metric learners; `flagfive train` makes them")
    return artifacts.learners
