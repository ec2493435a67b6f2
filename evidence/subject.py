"""Finds the base, detector or rule that a document is about."""

from __future__ import annotations

from dataclasses import dataclass

from control.entry import Kind, LoggedEntry
from evidence.source import Source
from storage.detectors import DetectorRow
from storage.episodes import Episode

MOST_NAMED = 10
"""Ids that an error lists."""


class UnknownSubject(Exception):
    """No base, detector, rule or episode has this name; the message lists what exists."""


@dataclass(frozen=True)
class Subject:
    """A base, a rule, or a detector with its episode; `detector` and `episode` are None for the others.

    A base on trial has the kind `shadow`, as on the control log.
    """

    kind: Kind
    id: str
    episode: Episode | None = None
    detector: DetectorRow | None = None

    @property
    def is_base(self) -> bool:
        """Whether it is a base, in force or on trial."""
        return self.kind is not Kind.RULE and self.detector is None

    def changes(self, source: Source) -> list[LoggedEntry]:
        """Return its entries on the control log, those of its trial included, oldest first."""
        found = {f"{self.kind}/{self.id}", f"{Kind.SHADOW}/{self.id}"}
        return sorted(
            (one for key in found for one in source.changes.get(key, ())), key=lambda one: one.offset
        )


def find_subject(source: Source, name: str) -> Subject:
    """Find what a name means.

    Args:
        source: what is stored.
        name: `base/ID`, `detector/ID`, `rule/ID`, or name or id of an episode, or id of a detector or base.

    Raises:
        UnknownSubject: nothing has this name.
    """
    kind, _, identity = name.partition("/")
    if kind == Kind.BASE and identity:
        found = _base(source, identity)
    elif kind == Kind.DETECTOR and identity:
        found = _detector(source, source.unit.episodes.of_detector(identity), identity)
    elif kind == Kind.RULE and identity:
        found = Subject(Kind.RULE, identity) if name in source.changes else None
    else:
        episode = source.unit.episodes.find(name)
        if episode is not None and episode.detector_id is None:
            raise UnknownSubject(
                f"episode {episode.name!r} has no detector: it is {episode.status}, "
                f"{episode.reason or 'no reason is stored'}"
            )
        found = _detector(source, episode, episode.detector_id if episode else name) or _base(source, name)
    if found is None:
        raise UnknownSubject(f"no base, detector, rule or episode {name!r}; there are: {_known(source)}")
    return found


def _base(source: Source, identity: str) -> Subject | None:
    kinds = (Kind.BASE, Kind.SHADOW)
    return next((Subject(kind, identity) for kind in kinds if f"{kind}/{identity}" in source.changes), None)


def _detector(source: Source, episode: Episode | None, identity: str | None) -> Subject | None:
    row = source.unit.detectors.get(identity or "")
    if row is None:
        return None
    return Subject(Kind.DETECTOR, row.id, episode or source.unit.episodes.get(row.episode_id), row)


def _known(source: Source) -> str:
    kinds = (f"{Kind.BASE}/", f"{Kind.RULE}/")
    announced = [key for key in source.changes if key.startswith(kinds)]
    episodes = [episode.name for episode in source.unit.episodes.page(offset=0, limit=MOST_NAMED + 1)]
    listed = [*announced, *(repr(name) for name in episodes)]
    more = ", ..." if len(listed) > MOST_NAMED else ""
    return (
        ", ".join(listed[:MOST_NAMED]) or "none; check that `flagfive recorder` writes this database"
    ) + more
