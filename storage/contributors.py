"""Who made an episode what it is: under four eyes, none of them can approve it."""

from __future__ import annotations

from storage.episodes import Episode
from storage.unit_of_work import UnitOfWork


def contributors(unit: UnitOfWork, episode: Episode) -> set[str]:
    """Return the people whose flags and verdicts wait for an approval.

    Args:
        unit: an open unit of work.
        episode: the episode, loaded in this unit or with its transactions.

    Returns:
        The author, while nothing of the episode is approved, and the authors of the last verdict on each
        transaction that joined since. For a program, who made its token is one of them too.
    """
    joined = [part.transaction_id for part in episode.joined]
    names = {label.author for label in unit.labels.latest(joined).values()}
    if len(joined) == len(episode.transactions):
        names.add(episode.author)
    makers = {unit.tokens.maker_of(name) for name in names}
    return names | {maker for maker in makers if maker is not None}
