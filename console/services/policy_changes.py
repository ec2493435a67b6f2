"""Changes of the decision policy through the adaptation worker, and its blast radius."""

from __future__ import annotations

from console.access.viewer import Viewer
from console.audit import Act
from console.context import ConsoleContext
from console.errors import Invalid, Refused
from console.models.results import CannotScore, ModelsBusy
from console.policy import standing_policy
from console.results.requests import RequestResult
from console.services.approving import roll_back
from console.services.asking import ask, request_by
from console.services.requests import result_of
from console.services.rule_names import bind, vocabulary_now
from console.services.rule_preview import BUSY
from control.policy_entries import DECISION, DECISION_KEY, PROPOSAL_KEY
from replay.policy_radius import PolicyRadius
from rules.errors import RuleError
from rules.policy.definition import DecisionPolicy, policy_to_bytes, read_policy


def set_policy(
    context: ConsoleContext, viewer: Viewer, policy: DecisionPolicy, note: str, request_id: str | None
) -> RequestResult:
    """Request that a policy is put in force; with four eyes it waits for a second person.

    Raises:
        Invalid: the policy cannot be used; the error names the segment.
        Refused: the worker refuses.
    """
    require_policy(context, policy)
    definition = policy_to_bytes(policy).decode()
    request = request_by(
        context, viewer, "policy", request_id=request_id, name=DECISION, reason=note, definition=definition
    )
    after = {"definition": definition, "note": note, "request": request.request_id}
    return result_of(request, ask(context, viewer, request, Act("set policy", DECISION_KEY, after=after)))


def accept_policy(context: ConsoleContext, viewer: Viewer, seen: str, note: str) -> RequestResult:
    """Request that the policy that waits is put in force.

    Args:
        context: tools of the console.
        viewer: who accepts it.
        seen: content hash of the policy that the viewer has looked at.
        note: why; it stays in the history.

    Raises:
        Refused: the worker refuses: none waits, another one waits by now, or the viewer wrote it.
    """
    request = request_by(context, viewer, "approve", name=PROPOSAL_KEY, reason=note, definition=seen)
    after = {"note": note, "request": request.request_id}
    return result_of(request, ask(context, viewer, request, Act("accept policy", PROPOSAL_KEY, after=after)))


def remove_policy(context: ConsoleContext, viewer: Viewer, name: str, note: str) -> RequestResult:
    """Request that `policy/decision` or `policy/proposal` is taken out of force. Raises Refused."""
    request = request_by(context, viewer, "retire", name=name, reason=note)
    act = Act("remove policy", name, after={"note": note, "request": request.request_id})
    return result_of(request, ask(context, viewer, request, act))


def roll_back_policy(context: ConsoleContext, viewer: Viewer, note: str) -> RequestResult:
    """Request that the policy before the last change comes back. Raises Refused."""
    return roll_back(context, viewer, DECISION_KEY, note)


def preview_policy(context: ConsoleContext, policy: DecisionPolicy, days: float) -> PolicyRadius:
    """Compare a policy with what is in force, on the stored transactions of the last `days` days.

    Raises:
        Invalid: the policy cannot be used; the error names the segment.
        Refused: nothing is stored, or another what-if is running.
    """
    require_policy(context, policy)
    with context.unit(reads_only=True) as unit:
        names, standing = vocabulary_now(context, unit), standing_policy(context, unit)
    try:
        return context.models.policy_radius(policy, days, names, standing)
    except RuleError as error:
        raise Invalid(error.what, where="policy") from None
    except CannotScore as lack:
        raise Refused(str(lack)) from None
    except ModelsBusy:
        raise Refused(BUSY, where="policy") from None


def require_policy(context: ConsoleContext, policy: DecisionPolicy) -> None:
    """Raise Invalid where a policy cannot be used; the error names the segment, and the place in it."""
    try:
        read_policy(policy_to_bytes(policy))
    except RuleError as error:
        raise Invalid(error.what, where="policy") from None
    with context.unit(reads_only=True) as unit:
        names = vocabulary_now(context, unit)
    for segment in policy.segments:
        try:
            bind(segment.when, policy.zone, names)
        except RuleError as error:
            where = f"segment {segment.name!r}, column {error.column}" if error.column else segment.name
            raise Invalid(
                f"segment {segment.name!r}: {error}", where=where, allowed=list(error.close)
            ) from None
