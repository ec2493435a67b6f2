"""Finds an episode by id, name or detector id."""

from console.errors import NotFound
from storage import UnitOfWork
from storage.episodes import Episode


def find_episode(unit: UnitOfWork, name: str) -> Episode:
    """Return the episode with this id, name or detector id.

    Raises:
        NotFound: no such episode.
    """
    episode = unit.episodes.find(name)
    if episode is None:
        raise NotFound(f"no episode {name!r}", where="name")
    return episode
