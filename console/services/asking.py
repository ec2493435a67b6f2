"""Sends requests to the adaptation worker and waits for answers.

1. Changes of the database, the audit entry and the request (in the outbox) commit in one transaction.
2. The request is sent.  3. The caller waits for the answer.
After a stop between 1 and 2, the next console that polls the outbox sends the request. A stop between 2 and
3 costs the answer; sending the same request id again returns it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from console.access.viewer import Viewer
from console.audit import Act, note
from console.context import ConsoleContext
from console.errors import Invalid, Refused, WorkerUnresponsive
from contracts.answer import Answer
from contracts.metrics import console as metrics
from contracts.request import Request, RequestKind
from contracts.request_masking import masked
from contracts.request_size import MOST_BYTES, RequestTooLarge, encode_request
from storage import UnitOfWork

PATIENCE_S = 3.0
"""Seconds to wait for an answer. Most take less than half a second."""
UNANSWERED = "none"


def request_by(
    context: ConsoleContext,
    viewer: Viewer,
    kind: RequestKind,
    *,
    request_id: str | None = None,
    **fields: Any,
) -> Request:
    """Return a request of this viewer, with a new id unless one is given."""
    return Request(
        request_id or str(uuid.uuid4()),
        kind,
        viewer.name,
        context.clock(),
        role=viewer.role,
        signed_in="token" if viewer.user_id is None else "session",
        **fields,
    )


def ask(
    context: ConsoleContext,
    viewer: Viewer,
    request: Request,
    act: Act,
    *,
    beside: Callable[[UnitOfWork], None] = lambda unit: None,
    within_s: float = PATIENCE_S,
) -> Answer | None:
    """Steps 1 to 3; `beside` changes the database in step 1. None where no answer came within the time.

    Raises Refused where the worker refuses.
    """
    expected = context.feedback.expect(request.request_id)
    post(context, viewer, request, act, beside=beside)
    try:
        answer = expected.result(within_s)
    except TimeoutError:
        metrics.CONSOLE_ASKED.labels(request.kind, UNANSWERED).inc()
        return None
    metrics.CONSOLE_ASKED.labels(request.kind, answer.status).inc()
    if answer.status in ("refused", "failed"):
        raise Refused(answer.message, where=", ".join(answer.unknown))
    return answer


def post(
    context: ConsoleContext,
    viewer: Viewer,
    request: Request,
    act: Act,
    *,
    beside: Callable[[UnitOfWork], None] = lambda unit: None,
) -> None:
    """Do steps 1 and 2: send a request, with card numbers masked, without waiting for an answer.

    Raises:
        Invalid: the request is too large for a record.
    """
    request = masked(request)
    try:
        value = encode_request(request)
    except RequestTooLarge as error:
        raise Invalid(str(error), where="ids", allowed=f"{MOST_BYTES:,} bytes") from None
    with context.unit() as unit:
        beside(unit)
        note(unit, viewer, act, context.clock())
        key, lane = request.request_id.encode(), request.name or request.request_id
        unit.outbox.add(context.feedback.topic, key, value, time=context.clock(), lane=lane)
        unit.commit()
    context.feedback.wake()


def require_answer(answer: Answer | None, request: Request) -> Answer:
    """The answer. Raises WorkerUnresponsive where there is none."""
    if answer is None:
        raise WorkerUnresponsive(
            "the adaptation worker has not answered yet; it will process the request later",
            where=request.request_id,
            allowed="send the same request_id again to get the result",
        )
    return answer
