"""Changes of written rules, through the adaptation worker."""

from __future__ import annotations

import msgspec

from console.access.viewer import Viewer
from console.audit import Act
from console.context import ConsoleContext
from console.errors import Invalid
from console.results.requests import RequestResult
from console.services.approving import roll_back
from console.services.asking import ask, request_by
from console.services.requests import result_of
from console.services.rule_names import require_condition
from rules.definition import RULE_PREFIX, RuleDefinition, definition_to_bytes, read_rule
from rules.errors import RuleError


def save_rule(
    context: ConsoleContext,
    viewer: Viewer,
    rule_id: str,
    definition: RuleDefinition,
    note: str,
    request_id: str | None = None,
) -> RequestResult:
    """Request that a rule is saved, in place of the one with its id.

    Raises:
        Invalid: the rule cannot be used; the error names the place.
        Refused: the worker refuses, for example because of four eyes.
    """
    data = definition_to_bytes(definition)
    try:
        read_rule(rule_id, data)
    except RuleError as error:
        if not error.column:
            raise Invalid(error.what, where="rule") from None
    require_condition(context, definition.condition, definition.zone)
    return _ask(context, viewer, rule_id, data.decode(), note, "save rule", request_id)


def set_mode(
    context: ConsoleContext, viewer: Viewer, rule_id: str, mode: str, percent: float | None, note: str
) -> RequestResult:
    """Request that a rule is set off, into shadow, or live for a percent of the cards.

    Raises:
        Refused: the worker refuses: there is no such rule, or another person must set it live.
    """
    terms: dict[str, object] = {"mode": mode} | ({} if percent is None else {"percent": percent})
    definition = msgspec.json.encode(terms).decode()
    return _ask(context, viewer, rule_id, definition, note, "set mode of rule")


def remove_rule(context: ConsoleContext, viewer: Viewer, rule_id: str, note: str) -> RequestResult:
    """Request that a rule is taken out of force.

    Raises:
        Refused: the worker refuses: there is no such rule.
    """
    name = RULE_PREFIX + rule_id
    request = request_by(context, viewer, "retire", name=name, reason=note)
    act = Act("remove rule", name, after={"note": note, "request": request.request_id})
    return result_of(request, ask(context, viewer, request, act))


def roll_back_rule(context: ConsoleContext, viewer: Viewer, rule_id: str, note: str) -> RequestResult:
    """Request that the version of a rule before its last change comes back. Raises Refused."""
    return roll_back(context, viewer, RULE_PREFIX + rule_id, note)


def _ask(
    context: ConsoleContext,
    viewer: Viewer,
    rule_id: str,
    definition: str,
    note: str,
    action: str,
    request_id: str | None = None,
) -> RequestResult:
    request = request_by(
        context, viewer, "rule", request_id=request_id, name=rule_id, reason=note, definition=definition
    )
    after = {"definition": definition, "note": note, "request": request.request_id}
    answer = ask(context, viewer, request, Act(action, RULE_PREFIX + rule_id, after=after))
    return result_of(request, answer)
