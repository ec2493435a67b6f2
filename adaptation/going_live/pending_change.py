"""What has been announced and is not yet known to be in force everywhere."""

from __future__ import annotations

from dataclasses import dataclass

from storage.episodes import Episode


@dataclass(frozen=True)
class PendingChange:
    """A change on the control log whose acknowledgements are watched."""

    request_id: str
    control_offset: int
    began: float
    """When it was asked for, seconds since 1970-01-01 UTC."""
    episode_id: str | None = None
    detector_id: str | None = None
    flag_to_adapted_ms: float | None = None
    flag_to_announced_ms: float | None = None
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, episode: Episode) -> PendingChange:
        """An announced episode."""
        assert episode.control_offset is not None  # set with the status `announced`
        return cls(
            episode.request_id,
            episode.control_offset,
            episode.flagged_at,
            episode.id,
            episode.detector_id,
            episode.flag_to_adapted_ms,
            episode.details.get("flag_to_announced_ms"),
            tuple(episode.details.get("notes", ())),
        )
