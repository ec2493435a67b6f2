"""The result of a request: an answer, or a change whose acknowledgements are awaited before the answer."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from contracts.answer import Answer
from contracts.trade_off import TradeOff
from storage.episodes import ANNOUNCED, Episode


@dataclass(frozen=True)
class PendingChange:
    """A change on the control log that is not yet known to be in force on every partition.

    Attributes:
        request_id: of the request to answer.
        asked_at: when the request reached the broker, seconds since 1970-01-01 UTC.
        episode_id: of the episode that goes live; None for other changes.
    """

    request_id: str
    control_offset: int
    asked_at: float
    episode_id: str | None = None
    detector_id: str | None = None
    flag_to_adapted_ms: float | None = None
    flag_to_announced_ms: float | None = None
    notes: tuple[str, ...] = ()
    trade_off: TradeOff | None = None
    to_review: tuple[str, ...] = ()


RequestResult = Answer | PendingChange


def result_of(
    episode: Episode, *, request_id: str | None = None, asked_at: float | None = None
) -> RequestResult:
    """What a request gets for an episode as it is stored, at first and whenever it is repeated.

    Args:
        episode: the stored episode.
        request_id: of the request to answer; by default the flag that made the episode.
        asked_at: when that request reached the broker; by default when the episode was flagged.

    Returns:
        A pending change where the episode is `announced`, else the answer.
    """
    request_id = request_id or episode.request_id
    notes = tuple(episode.details.get("notes", ()))
    told = episode.details.get("trade_off")
    trade_off = None if told is None else msgspec.convert(told, TradeOff)
    asked = episode.to_review
    if episode.status == ANNOUNCED:
        assert episode.control_offset is not None  # set together with the status
        return PendingChange(
            request_id,
            episode.control_offset,
            episode.flagged_at if asked_at is None else asked_at,
            episode.id,
            episode.detector_id,
            episode.flag_to_adapted_ms,
            episode.details.get("flag_to_announced_ms"),
            notes,
            trade_off,
            asked,
        )
    return Answer(
        request_id,
        episode.status,
        episode.reason or f"episode {episode.name!r} is {episode.status}",
        tuple(episode.details.get("unknown", ())),
        episode.detector_id,
        episode.control_offset,
        flag_to_adapted_ms=episode.flag_to_adapted_ms,
        flag_to_live_ms=episode.flag_to_live_ms,
        notes=notes,
        trade_off=trade_off,
        to_review=asked,
    )
