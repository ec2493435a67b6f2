"""Evidence files for reviewers, and the inventory of models."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import msgspec

from console.access.viewer import Viewer
from console.audit import Act, note
from console.context import ConsoleContext
from console.errors import Refused
from console.models.results import CannotScore
from console.policy import standing_policy
from console.results.inventory import InventoryList
from contracts.signing.keys import UnusableKey
from contracts.signing.trust import NotAllowed
from evidence.document import Document
from evidence.page import page_of
from evidence.signed_file import sign
from storage.errors import AuditLogBroken

Form = Literal["html", "json"]
_OTHERS = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True)
class EvidenceFile:
    """A signed file, as it is sent."""

    name: str
    content: bytes


def evidence_file(context: ConsoleContext, viewer: Viewer, subject: str, form: Form) -> EvidenceFile:
    """Make, sign and note an evidence file.

    The console signs as the principal `console`; the document names the viewer.

    Raises:
        NotFound: nothing has this name.
        Refused: the audit log was changed, or the console has no key to sign with.
    """
    with context.unit(reads_only=True) as unit:
        policy = standing_policy(context, unit)
    if context.trust is None:
        raise Refused("the console has no key to sign with; run `flagfive evidence` instead", where="keys")
    try:
        made = context.models.evidence(policy, subject, viewer.name, context.clock())
        signed = sign(msgspec.json.decode(made, type=Document), context.trust)
    except (CannotScore, AuditLogBroken, NotAllowed, UnusableKey) as error:
        raise Refused(str(error), where="evidence") from None
    name = "evidence-" + _OTHERS.sub("-", signed.document.subject)
    with context.unit() as unit:
        act = Act("export evidence", signed.document.subject, after={"format": form})
        note(unit, viewer, act, context.clock())
        unit.commit()
    return EvidenceFile(f"{name}.{form}", page_of(signed) if form == "html" else signed.to_bytes())


def models_in_force(context: ConsoleContext) -> InventoryList:
    """Return every model, list and rule in force or on trial."""
    with context.unit(reads_only=True) as unit:
        policy = standing_policy(context, unit)
    try:
        return context.models.inventory(policy, context.clock())
    except CannotScore as error:
        raise Refused(str(error), where="models") from None
