"""The flag that an episode amounts to: with what joined it since, as far as that may count."""

from __future__ import annotations

from adaptation.intake.labelling import GROWN_AT
from contracts.request import Request
from storage.episodes import GROWTH_WAITS, LIVE, LOOKALIKE, SUPPORT, Episode


def request_of(episode: Episode, reason: str = "", *, grown: bool | None = None) -> Request:
    """The flag that made an episode, with the transactions that have joined it.

    Args:
        episode: the episode, with its transactions.
        reason: of the request, for the control log.
        grown: whether transactions without an approval count. By default they count, except those of a live
            episode that no one has looked at yet or that wait for approval.

    Returns:
        The request; its id is that of the flag.
    """
    if grown is None:
        grown = episode.status != LIVE or not {GROWN_AT, GROWTH_WAITS} & episode.details.keys()
    members = [part for part in episode.transactions if grown or part.role == part.approved_role]
    by_role = {
        role: tuple(part.transaction_id for part in members if part.role == role)
        for role in (SUPPORT, LOOKALIKE)
    }
    return Request(
        episode.request_id,
        "flag",
        episode.author,
        episode.flagged_at,
        episode.name,
        by_role[SUPPORT],
        by_role[LOOKALIKE],
        reason=reason,
        share=episode.details.get("share"),
    )
