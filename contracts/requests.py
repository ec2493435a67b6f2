"""What analysts ask on the `feedback` topic, and what they are answered."""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec

ANSWERS = "-answers"
"""Added to the name of the feedback topic, it names the topic of the answers."""

Kind = Literal["flag", "preview", "label", "approve", "retire", "rollback"]
Policy = Literal["auto", "approve", "shadow"]
"""Live after the gate, live after a person's approval, or silent beside what is live."""


class UnreadableRequest(ValueError):
    """A record of the feedback topic that is no request."""


class Request(msgspec.Struct, frozen=True):
    """One request; the same `request_id` again is the same request and changes nothing.

    `flag` makes an episode of `fraud` (with `genuine` as lookalikes) under `name`; `preview` says what would
    come of it, and changes nothing. `label` notes what the
    transactions turned out to be, as a chargeback does; they join the episode `name`, or the one whose
    detector alerted them. `approve` puts the waiting, silent or draft episode `name` into force, if the gate
    lets it pass. `retire` takes the episode `name` out of force. `rollback` puts back what was in force under
    the control entry `name` (kind/id) before its last change.
    """

    request_id: str
    kind: Kind
    author: str
    time: float
    """When it was asked, seconds since 1970-01-01 UTC."""
    name: str = ""
    fraud: tuple[str, ...] = ()
    genuine: tuple[str, ...] = ()
    source: str = "analyst"
    reason: str = ""
    policy: Policy = "auto"
    """Of a flag: `approve` and `shadow` hold it back where the settings would let it go live."""

    @property
    def episode_id(self) -> str:
        """Derived from the request, so that a repeated request is the same episode."""
        return "e-" + hashlib.sha256(self.request_id.encode()).hexdigest()[:16]


class Draft(msgspec.Struct, frozen=True):
    """What an episode would become: the gate's verdict, and the detector that would score."""

    detector: bytes
    """As it would be stored; with `shift` and `threshold` it can score earlier transactions."""
    shift: float
    threshold: float
    refusals: tuple[str, ...]
    """Why the gate would keep it from going live; empty where it would let it pass."""
    added_alert_rate: float
    """Share of genuine traffic that would be alerted beside what is alerted now."""
    found: float
    """Share of the flags that are found when they are left out."""
    usual_at: float
    """Share of genuine traffic that is alerted where half of the flags are found again."""
    strangers: tuple[str, ...] = ()
    """Flags that the others do not lead to."""
    patterns: tuple[tuple[str, ...], ...] = ()
    """Two groups of flags where these are two patterns."""
    set_aside: tuple[str, ...] = ()
    """Flags that the detector is made without: they look like ordinary traffic to the others."""


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of a request. `status` is an episode's status, or `done` where there is no episode."""

    request_id: str
    status: str
    message: str
    unknown: tuple[str, ...] = ()
    """Ids that no stored transaction has."""
    detector_id: str | None = None
    control_offset: int | None = None
    live: int | None = None
    """Partitions on which the detector scores."""
    partitions: int | None = None
    flag_to_adapted_ms: float | None = None
    flag_to_announced_ms: float | None = None
    flag_to_live_ms: float | None = None
    notes: tuple[str, ...] = ()
    """What checks found: entities shared, flags set aside, strangers among them, two patterns in one."""
    draft: Draft | None = None
    """Of a preview."""


def read_request(value: bytes | None) -> Request:
    """The request in a record. Raises UnreadableRequest with what is wrong."""
    try:
        return msgspec.json.decode(value or b"", type=Request)
    except msgspec.DecodeError as error:
        raise UnreadableRequest(str(error)) from error
