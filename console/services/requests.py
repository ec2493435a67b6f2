"""What every request to the adaptation worker is answered with."""

from __future__ import annotations

from dataclasses import dataclass, field

from contracts.answer import Answer
from contracts.request import Request

SENT = "sent"
"""Status of a request that has not been answered yet."""


@dataclass(frozen=True)
class Outcome:
    """What became of a request so far: `status` is an episode's, or `done`, or `sent` before an answer."""

    request_id: str
    status: str
    message: str
    detector_id: str | None = None
    control_offset: int | None = None
    live: int | None = None
    partitions: int | None = None
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, request: Request, answer: Answer | None) -> Outcome:
        """The answer in the console's words."""
        if answer is None:
            said = "the adaptation worker has it, or will have it once it is back"
            return cls(request.request_id, SENT, said)
        return cls(
            request.request_id,
            answer.status,
            answer.message,
            answer.detector_id,
            answer.control_offset,
            answer.live,
            answer.partitions,
            list(answer.notes),
        )
