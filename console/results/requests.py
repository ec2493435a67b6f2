"""Results of requests to the adaptation worker."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class RequestResult:
    """The state of a request: `status` is that of the episode, `done`, or `sent` before an answer."""

    request_id: str
    status: str
    message: str
    detector_id: str | None = None
    control_offset: int | None = None
    live: int | None = None
    partitions: int | None = None
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class EpisodeRequested(RequestResult):
    """A requested episode; `id` identifies it."""

    id: str = ""
