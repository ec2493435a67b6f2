"""Runs in the model process: gathers evidence and the inventory, which rebuild what was in force."""

from __future__ import annotations

import msgspec

from console.errors import NotFound
from console.results.inventory import InventoryList, ModelRow
from contracts.standing_policy import StandingPolicy
from control.keys import ControlKey
from evidence.gathering import gather
from evidence.inventory import inventory
from evidence.source import Source
from evidence.subject import UnknownSubject, find_subject
from storage import UnitOfWork


def evidence_of(
    unit: UnitOfWork, key: ControlKey, policy: StandingPolicy, subject: str, made_by: str, now: float
) -> bytes:
    """Return the document about a subject as JSON, not signed yet.

    Args:
        unit: an open unit of work; its engine has the keys of the audit log.
        key: verifies the control log.
        policy: the standing policy.
        subject: `base/ID`, `detector/ID`, `rule/ID`, or name or id of an episode.
        made_by: who asks.
        now: time of the document, seconds since 1970-01-01 UTC.

    Raises:
        NotFound: nothing has this name.
        AuditLogBroken: the audit log was changed.
    """
    source = Source(unit, key, policy, now)
    try:
        found = find_subject(source, subject)
    except UnknownSubject as unknown:
        raise NotFound(str(unknown), where="subject") from None
    return msgspec.json.encode(gather(source, found, made_by=made_by))


def inventory_of(unit: UnitOfWork, key: ControlKey, policy: StandingPolicy, now: float) -> InventoryList:
    """Return every model, list and rule in force or on trial; arguments as for `evidence_of`."""
    rows = [ModelRow(**msgspec.structs.asdict(row)) for row in inventory(Source(unit, key, policy, now))]
    return InventoryList(len(rows), rows)
