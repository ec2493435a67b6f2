"""Suppressions in force, and their changes through the adaptation worker."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from console.access.viewer import Viewer
from console.audit import Act
from console.context import ConsoleContext
from console.errors import Invalid
from console.results.requests import RequestResult
from console.results.suppressions import SuppressionRow, Suppressions
from console.services.asking import ask, request_by
from console.services.requests import result_of
from control.entry import Kind
from control.envelope import unseal
from control.errors import ControlRefused
from control.rules import EVERY, Placed, read_rules
from control.suppressions import SUPPRESSION_PREFIX, Suppression, SuppressionError, read_suppression
from rules.definition import RULE_PREFIX
from storage import UnitOfWork
from storage.control_entries import ControlEntry

BASE = "base"


def suppressions(context: ConsoleContext) -> Suppressions:
    """Return all suppressions in force, newest first, and what one can silence."""
    with context.unit(reads_only=True) as unit:
        newest = unit.transactions.newest_event_time() or 0.0
        stored = unit.control.last_of_kind(Kind.SUPPRESSION)
        rows = [row for one in reversed(stored) for row in _rows(context, one, newest)]
        return Suppressions(rows, _scorers(unit), [one.name for one in context.settings.entities])


def suppress(
    context: ConsoleContext, viewer: Viewer, wanted: Suppression, reason: str, request_id: str | None = None
) -> RequestResult:
    """Request that an entity or a scorer is silenced until a time.

    Raises:
        Invalid: it does not say what to silence, or until when.
        Refused: the worker refuses: there is no such scorer.
    """
    wanted = msgspec.structs.replace(wanted, key=context.cards.key(wanted.key))
    definition = msgspec.json.encode(wanted).decode()
    try:
        read_suppression(definition)
    except SuppressionError as error:
        raise Invalid(str(error), where="suppression") from None
    request = request_by(
        context, viewer, "suppress", request_id=request_id, reason=reason, definition=definition
    )
    # The key, which may be a card, stays on the control log.
    after = {"entity": wanted.entity, "scorer": wanted.scorer, "until": wanted.until, "note": reason}
    act = Act("suppress", SUPPRESSION_PREFIX + wanted.id, after=after | {"request": request.request_id})
    return result_of(request, ask(context, viewer, request, act))


def lift(context: ConsoleContext, viewer: Viewer, identity: str, note: str) -> RequestResult:
    """Request that a suppression ends now. Raises Refused where there is none."""
    name = SUPPRESSION_PREFIX + identity
    request = request_by(context, viewer, "retire", name=name, reason=note)
    act = Act("lift suppression", name, after={"note": note, "request": request.request_id})
    return result_of(request, ask(context, viewer, request, act))


def _rows(context: ConsoleContext, stored: ControlEntry, newest: float) -> Iterator[SuppressionRow]:
    """Yield what an entry silences; none of a forged one, as workers refuse it."""
    if context.key is None or stored.retired:
        return
    try:
        entry = unseal(stored.value, f"{stored.kind}/{stored.entry_id}".encode(), context.key.of_history())
        placed: tuple[Placed, ...] = read_rules(entry)
    except ControlRefused:
        return
    for rule in (one.rule for one in placed):
        entity, key = ("", "") if rule.entity == EVERY else (rule.entity, rule.key)
        yield SuppressionRow(
            stored.entry_id,
            entity,
            context.cards.shown(entity, key),
            context.cards.reference(entity, key),
            rule.scorer or "",
            rule.until,
            rule.until is not None and rule.until <= newest,
            entry.author,
            entry.reason,
            entry.time,
            stored.control_offset,
        )


def _scorers(unit: UnitOfWork) -> list[str]:
    held = {
        kind: [one.entry_id for one in unit.control.last_of_kind(kind) if not one.retired]
        for kind in (Kind.DETECTOR, Kind.RULE)
    }
    return [BASE, *held[Kind.DETECTOR], *(RULE_PREFIX + one for one in held[Kind.RULE])]
