"""What joined a live episode since it was approved, and whether a person must approve that first.

Without this, one analyst could have five flags approved and then confirm fifty of another pattern.
"""

from __future__ import annotations

import numpy as np

from adaptation.context import AdaptationContext
from storage.episodes import SUPPORT, Episode, EpisodeTransaction

ALIKE = 2.0
"""Surprise under the detector in force from which a flag is of its pattern: the top 1% of genuine traffic."""
SHOWN = 3


def why_it_waits(context: AdaptationContext, episode: Episode) -> str | None:
    """Return why what joined the episode must be approved before a detector is made of it.

    Args:
        context: database, control log, standing policy.
        episode: a live episode with its transactions.

    Returns:
        The reason; None where the policy asks for no person, or little of the same pattern has joined.

    Raises:
        StorageUnavailable: the database is away.
        ControlLogUnavailable: the broker is away.
    """
    joined = episode.joined
    if not joined or context.policy.release() == "auto":
        return None
    approved = len(episode.transactions) - len(joined)
    allowed = int(context.policy.growth * approved)
    if len(joined) > allowed:
        return (
            f"it grew by {len(joined)} transactions since {approved} were approved; {allowed} may join "
            "without another approval (adaptation.growth)"
        )
    return _of_another_pattern(context, episode, joined)


def _of_another_pattern(
    context: AdaptationContext, episode: Episode, joined: list[EpisodeTransaction]
) -> str | None:
    """Return why flags wait that the detector in force does not find alike."""
    ids = [part.transaction_id for part in joined if part.role == SUPPORT]
    if not ids:
        return None
    snapshot = context.announcer.refresh()
    live = [detector.id for detector in snapshot.detectors]
    if snapshot.stack is None or episode.detector_id not in live:
        return "no detector is in force that what joined could be compared with"
    with context.unit(reads_only=True) as unit:
        found = unit.transactions.by_ids(ids)
    ids = [one for one in ids if one in found]
    rows = np.stack([np.frombuffer(found[one].features, "<f4") for one in ids])
    surprise = snapshot.stack.surprises(rows)[:, 1 + live.index(episode.detector_id)]
    unlike = [one for one, value in zip(ids, surprise, strict=True) if value < ALIKE]
    if not unlike:
        return None
    more = f" and {len(unlike) - SHOWN} more" if len(unlike) > SHOWN else ""
    return (
        f"{len(unlike)} of the flags that joined are unlike the approved: {', '.join(unlike[:SHOWN])}{more}"
    )
