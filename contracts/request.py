"""The `feedback` topic: what analysts and other systems ask of the adaptation worker."""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec

from contracts.standing_policy import ReleasePolicy
from contracts.undecodable import UNDECODABLE

VERSION = 1

RequestKind = Literal[
    "flag", "preview", "label", "approve", "retire", "rollback", "rule", "policy", "list", "suppress"
]


class UnreadableRequest(ValueError):
    """A record of the feedback topic is not a request."""


class Request(msgspec.Struct, frozen=True):
    """One request. Sending the same `request_id` again asks for the same outcome and changes nothing.

    Its record carries the signature of its sender in a header (`contracts.signing.trust`).

    What each kind asks for:

    - `flag`: make an episode of `fraud`, with `genuine` as lookalikes, under `name`.
    - `preview`: report what a flag would do. Nothing is stored or announced.
    - `label`: store whether transactions were fraud or genuine, for example from a chargeback feed. They join
      the episode `name`, or the episode whose detector alerted them.
    - `approve`: put the waiting, shadow or draft episode `name` in force, if the gate passes it. With
      `policy/proposal` as the name: put the decision policy that waits in force.
    - `retire`: take the episode `name`, the written rule `rule/ID`, the named list `list/NAME`,
      `suppression/ID`, `policy/decision` or `policy/proposal` out of force.
    - `rollback`: restore the version of the control entry `name` (kind/id) before its last change.
    - `rule`: save `definition` as the written rule `name`, in place of the one with this id. One without a
      condition changes only what it names of the rule in force, such as its mode. With an empty name,
      `definition` holds many rules, which are saved together or not at all.
    - `policy`: put `definition` in force as the decision policy; with four eyes it waits for an approval.
    - `list`: change the named list `name` as `definition` says.
    - `suppress`: silence an entity, a scorer or a rule until a time, as `definition` says.

    Attributes:
        author: who asks.
        time: when it was asked, seconds since 1970-01-01 UTC.
        name: of an episode or a control entry, by kind of request.
        fraud: ids of transactions that were fraud.
        genuine: ids of transactions that were genuine.
        source: where the verdicts come from, for example `chargeback`.
        reason: why; it is kept in the history.
        policy: of a flag. It can hold the detector back where the standing policy is `auto`, and never
            releases one that the standing policy holds back.
        share: of a flag or a preview: a point that a person chose on the curve of the trade-off. The limits
            of the gate hold nevertheless. None leaves the choice to the gate.
        seen: of an approval: number of transactions of the episode that the approver has looked at. With
            another number the approval is refused, since it would cover what no second person has seen.
        definition: of a rule: JSON, see `rules.definition.RuleDefinition`; of many: `{"rules": {ID: ...}}`.
            Of a list: JSON, see `rules.lists.change.ListChange`. Of a suppression:
            `control.suppressions.Suppression`. Of a policy: `rules.policy.definition.DecisionPolicy`. Of the
            approval of a policy: content hash of the proposal that the approver has looked at; empty for the
            one that waits.
        role: role of the author, where a service vouches for a user that is signed in to it.
        signed_in: how that user signed in, such as `session` or `token`.
        version: of this message format.
    """

    request_id: str
    kind: RequestKind
    author: str
    time: float
    name: str = ""
    fraud: tuple[str, ...] = ()
    genuine: tuple[str, ...] = ()
    source: str = "analyst"
    reason: str = ""
    policy: ReleasePolicy = "auto"
    share: float | None = None
    seen: int | None = None
    definition: str = ""
    role: str = ""
    signed_in: str = ""
    version: int = VERSION

    @property
    def episode_id(self) -> str:
        """Id of the episode that a flag makes, derived from `request_id`, so a repeat makes no second one."""
        return "e-" + hashlib.sha256(self.request_id.encode()).hexdigest()[:16]

    @property
    def digest(self) -> str:
        """SHA-256 of what is asked, the same for each repeat: all but `time`, `signed_in` and the version."""
        same = msgspec.structs.replace(self, time=0.0, signed_in="", version=VERSION)
        asked = msgspec.to_builtins(same)
        if not self.definition:
            del asked["definition"]  # requests of releases without this field keep their digest
        return hashlib.sha256(msgspec.json.encode(asked)).hexdigest()


def read_request(value: bytes | None) -> Request:
    """Decode a record of the feedback topic.

    Args:
        value: JSON; fields of a later version are ignored.

    Returns:
        The request.

    Raises:
        UnreadableRequest: the record is not JSON, or a field is missing or has the wrong type.
    """
    try:
        return msgspec.json.decode(value or b"", type=Request)
    except UNDECODABLE as error:
        raise UnreadableRequest(str(error)) from error
