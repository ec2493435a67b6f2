"""Turns an answer of the adaptation worker into a result."""

from __future__ import annotations

from console.results.requests import RequestResult
from contracts.answer import Answer
from contracts.request import Request

SENT = "sent"
"""Status of a request that has no answer yet."""


def result_of(request: Request, answer: Answer | None) -> RequestResult:
    """The result of `request`; without an answer its status is `sent`."""
    if answer is None:
        message = "the adaptation worker has the request, or gets it when it is back"
        return RequestResult(request.request_id, SENT, message)
    return RequestResult(
        request.request_id,
        answer.status,
        answer.message,
        answer.detector_id,
        answer.control_offset,
        answer.live,
        answer.partitions,
        list(answer.notes),
    )
