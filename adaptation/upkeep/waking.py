"""Adapts an episode again whose detector cannot score beside the base in force.

A fine-tuned copy belongs to the base that it was made of. Without this, its pattern would go unseen from the
moment of a new base on.
"""

from __future__ import annotations

from adaptation.context import AdaptationContext
from adaptation.going_live.growing import adapt_anew
from control.snapshot import Snapshot
from storage.episodes import LIVE, Episode

WOKEN = "woken_beside"
"""In an episode's details: content hash of the base that it was last adapted again for."""


def wake(context: AdaptationContext, snapshot: Snapshot) -> bool:
    """Adapt one live episode again whose detector is dormant, once per base. Repeating it is harmless.

    Args:
        context: database, control log, prepared calibration, standing policy.
        snapshot: everything in force.

    Returns:
        Whether there was one.

    Raises:
        StorageUnavailable: the database is away.
        ControlLogUnavailable: the broker is away.
    """
    if not snapshot.dormant or snapshot.base is None:
        return False
    beside = snapshot.base.content_hash
    episode = _dormant(context, snapshot, beside)
    if episode is None:
        return False
    adapt_anew(context, episode, "adapted again: its detector cannot score beside the base in force")
    with context.unit() as unit:
        stored = unit.episodes.get(episode.id)
        assert stored is not None  # episodes are not deleted
        stored.details = {**stored.details, WOKEN: beside}
        unit.commit()
    return True


def _dormant(context: AdaptationContext, snapshot: Snapshot, beside: str) -> Episode | None:
    with context.unit(reads_only=True) as unit:
        for episode in unit.episodes.with_status(LIVE):
            if (
                episode.detector_id in snapshot.dormant
                and episode.details.get(WOKEN) != beside
                and episode.transactions  # loads them while the unit is open
            ):
                return episode
    return None
