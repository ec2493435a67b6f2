"""Decides whether a record of `feedback` is a request of someone who may make it; nothing else is handled.

1. The signature fits a trusted key.  2. The record is a request, under its own id.  3. The signer may make
this kind of request, and may write this author into it.  4. The id was not used for another request.  5. It
was signed shortly before the broker stored it.
A record that fails is answered with the reason and changes nothing.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import msgspec

from adaptation.context import AdaptationContext
from contracts.answer import Answer
from contracts.request import Request, UnreadableRequest, read_request
from contracts.signing.roles import REQUESTS_OF_ROLE
from contracts.signing.trust import NotAllowed, Sender, Trust, Untrusted
from storage.episodes import ANNOUNCED
from storage.handled_requests import HandledRequest

LOG_APPEND_TIME = 1
"""Kafka's timestamp type where the broker, not the sender, has set the time of a record."""
AHEAD_S = 60.0
"""Seconds that the clock of a signer may be ahead of the broker's."""
_COMPARED = ("rule", "policy")
"""Kinds of request whose author must not be the second person, with four eyes."""
HANDLED_AGAIN = ("refused", "failed", ANNOUNCED)
"""Answers after which a repeat is handled again: it may succeed now, or be live by now."""


class Unreadable(Untrusted):
    """The record is signed, but it is no request, or lies under the id of another."""

    cause = "unreadable"


class Stale(Untrusted):
    """The request was signed too long before the broker stored it, or after."""

    cause = "stale"


class ReusedId(Untrusted):
    """The id was used for another request before."""

    cause = "reused_id"


@dataclass(frozen=True)
class Admitted:
    """A request that may be handled.

    Attributes:
        request: what is asked.
        earlier: the answer that this request had before; None where it is to be handled.
    """

    request: Request
    earlier: Answer | None = None


class Intake:
    """Admits records of `feedback`.

    Args:
        topic: name of the topic.
        trust: the principals, and what each may send.
        fresh_s: seconds that may lie between signature and arrival at the broker.
    """

    def __init__(self, topic: str, trust: Trust, fresh_s: float) -> None:
        self._topic, self._trust, self._fresh_s = topic, trust, fresh_s

    def admit(self, context: AdaptationContext, record: Any) -> Admitted:
        """Check a record.

        Args:
            context: database and standing policy.
            record: a record of kafka-python.

        Returns:
            The request, with its earlier answer where it is a repeat that is done.

        Raises:
            Untrusted: it is not admitted; the subclass says why.
            StorageUnavailable: the database is away.
        """
        sender = self._trust.sender(self._topic, record.key, record.value, record.headers)
        request = _read(record)
        context.reread_policy()
        _require_right(request, sender, four_eyes=context.policy.four_eyes)
        with context.unit() as unit:
            before = unit.requests.get(request.request_id)
            if before is not None and before.digest != request.digest:
                raise ReusedId(
                    f"request id {request.request_id!r} was used for another request before; choose a new id"
                )
            if before is not None and before.answer is not None:
                answer = msgspec.json.decode(before.answer, type=Answer)
                if answer.status not in HANDLED_AGAIN:
                    return Admitted(request, answer)
            self._require_fresh(sender, record)
            if before is None and request.kind != "preview":  # a preview changes nothing
                unit.requests.add(_row(request, sender, context.clock()))
                unit.commit()
        return Admitted(request)

    def note(self, context: AdaptationContext, answer: Answer) -> None:
        """Keep an answer for repeats of its request. Raises StorageUnavailable."""
        with context.unit() as unit:
            handled = unit.requests.get(answer.request_id)
            if handled is not None:
                handled.answer = msgspec.json.encode(answer)
                unit.commit()

    def _require_fresh(self, sender: Sender, record: Any) -> None:
        # A sender that sets the time itself could make an old request look new: then our clock counts.
        by_broker = record.timestamp_type == LOG_APPEND_TIME
        arrived = record.timestamp / 1e3 if by_broker else time.time()
        age = arrived - sender.time
        if age > self._fresh_s:
            raise Stale(
                f"the request was signed {age:.0f} s before it arrived, at most {self._fresh_s:.0f} s are "
                "allowed (keys.fresh_minutes); send it again"
            )
        if age < -AHEAD_S:
            raise Stale(f"the request was signed {-age:.0f} s in the future; check the clock of the sender")


def _read(record: Any) -> Request:
    try:
        request = read_request(record.value)
    except UnreadableRequest as error:
        raise Unreadable(f"not a request: {error}") from None
    if record.key != request.request_id.encode():
        raise Unreadable(f"request {request.request_id!r} lies under another record key")
    return request


def _require_right(request: Request, sender: Sender, *, four_eyes: bool) -> None:
    """Check the kind of request and the author against the principal that signed.

    Raises:
        NotAllowed: the principal may not do this, or not in this name.
    """
    principal = sender.principal
    if request.kind not in principal.may:
        allowed = ", ".join(principal.may) or "nothing"
        raise NotAllowed(f"{principal.name} may not {request.kind}; allowed are: {allowed}")
    match principal.speaks_for:
        case "itself":
            if request.author != principal.name:
                raise NotAllowed(
                    f"{principal.name} cannot send requests of {request.author!r}; the author must be "
                    f"{principal.name!r}"
                )
        case "signed in":
            allowed_kinds = REQUESTS_OF_ROLE.get(request.role, ())
            if request.kind not in allowed_kinds:
                raise NotAllowed(
                    f"{request.author} with the role {request.role or 'none'!r} may not {request.kind}; "
                    f"allowed are: {', '.join(allowed_kinds) or 'nothing'}"
                )
        case "anyone":
            # The author is only claimed, so one person could be both.
            if four_eyes and request.kind == "approve":
                raise NotAllowed(
                    f"with four eyes, {principal.name} cannot approve: its key may write any author. Approve "
                    "in the console, or with a key of your own (flagfive keys new NAME)"
                )
            # Who writes is compared with who sets live or accepts, so the name must be a verified one.
            if four_eyes and request.kind in _COMPARED and request.author != principal.name:
                raise NotAllowed(
                    f"with four eyes, {principal.name} cannot send a {request.kind} in the name of "
                    f"{request.author!r}, which is only claimed. Use --author {principal.name}, the console, "
                    "or a key of your own (flagfive keys new NAME)"
                )


def _row(request: Request, sender: Sender, now: float) -> HandledRequest:
    return HandledRequest(
        request_id=request.request_id,
        digest=request.digest,
        kind=request.kind,
        principal=sender.principal.name,
        author=request.author,
        time=now,
    )
