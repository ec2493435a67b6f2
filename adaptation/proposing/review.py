"""The review of an episode: stored transactions that look like it, and what verdicts on some of them mean."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from meta.review import trimmed
from storage.episodes import REVIEW, Episode


@dataclass(frozen=True)
class Review:
    """Transactions that look like an episode, though they count as genuine.

    Attributes:
        alike: Ids, the one most like the episode first.
        open: Ids that an analyst is asked about and has not judged yet.
    """

    alike: tuple[str, ...] = ()
    open: tuple[str, ...] = ()

    @classmethod
    def of(cls, episode: Episode | None) -> Review | None:
        """Return the review that is stored with an episode, or None."""
        found = episode.details.get(REVIEW) if episode is not None else None
        return cls(tuple(found["alike"]), tuple(found["open"])) if found else None

    def stored(self) -> dict[str, Any]:
        """Return the entry of an episode's details."""
        return {name: list(ids) for name, ids in asdict(self).items()}

    def without(self, judged: Collection[str]) -> Review:
        """Return the review once some transactions are judged."""
        return replace(self, open=tuple(identity for identity in self.open if identity not in judged))

    def trimmed(self, verdicts: Mapping[str, bool]) -> tuple[str, ...]:
        """Return the ids that do not count as genuine.

        Args:
            verdicts: Whether each judged transaction is fraud, by its id.
        """
        return trimmed(self.alike, verdicts)
