"""Finds an episode by what people call it."""

from console.errors import NotFound
from storage import UnitOfWork
from storage.episodes import Episode


def found_episode(unit: UnitOfWork, name: str) -> Episode:
    """The episode of this id, name or detector's id. Raises NotFound."""
    episode = unit.episodes.find(name)
    if episode is None:
        raise NotFound(f"no episode {name!r}", where="name")
    return episode
