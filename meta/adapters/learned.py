"""The adapters that learners meta-learned on fraud stand behind, by name."""

from __future__ import annotations

from collections.abc import Callable

from meta.adapters.anil import anil
from meta.adapters.fomaml import fomaml
from meta.adapters.maml import maml
from meta.adapters.metasgd import metasgd
from meta.adapters.protocol import Adapter
from meta.adapters.protonet import Protonet
from meta.adapters.relation import Relation
from meta.adapters.reptile import reptile
from meta.learner_model import LearnerModel

MAKERS: dict[str, Callable[[LearnerModel], Adapter]] = {
    "maml": maml,
    "fomaml": fomaml,
    "metasgd": metasgd,
    "anil": anil,
    "reptile": reptile,
    "protonet": Protonet,
    "relation": Relation,
}
