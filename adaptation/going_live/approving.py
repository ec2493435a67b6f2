"""Puts into force what waited for a person: the gate judges it anew, beside what is in force by now."""

from __future__ import annotations

from dataclasses import replace

from msgspec.structs import replace as replaced

from adaptation.context import AdaptationContext
from adaptation.going_live import episode_records as records
from adaptation.going_live.flagging import adapt, go_live, in_force
from adaptation.going_live.pending_change import PendingChange
from adaptation.intake.checks import RequestRefused
from adaptation.proposing.preparation import AdaptationNotReady
from contracts.answer import Answer
from contracts.request import Request
from control.change import Change
from control.entry import Kind
from control.snapshot import Snapshot
from meta.episode import TooLittleTraffic
from storage.episodes import ADAPTED, ANNOUNCED, DRAFT, LIVE, LOOKALIKE, SHADOW, SUPPORT, WAITING, Episode

APPROVABLE = (WAITING, SHADOW, DRAFT, ADAPTED, ANNOUNCED, LIVE)
"""The last three for an approval that comes again, after a stop on its way."""


def approve(context: AdaptationContext, request: Request, began: float) -> Answer | PendingChange:
    """Judge the episode again and put it into force. Raises RequestRefused; again is no harm."""
    snapshot = context.announcer.refresh()
    episode = _found(context, request)
    original = request_of(episode, reason=f"flagged by {episode.author}, approved by {request.author}")
    if (offset := in_force(snapshot, episode)) is not None:
        if episode.status == ADAPTED:
            records.note_announced(context, original, episode.flagged_at, episode.detector_id, offset)
        return PendingChange(request.request_id, offset, began, episode.id, episode.detector_id)
    if context.policy.four_eyes and episode.author == request.author:
        raise RequestRefused(
            f"{request.author} flagged {episode.name!r}; with adaptation.four_eyes another person approves it"
        )
    try:
        adapted = adapt(context, original, began, snapshot, approved=True)
    except (TooLittleTraffic, AdaptationNotReady) as lack:
        raise RequestRefused(str(lack)) from lack
    records.note_approval(context, episode, request)
    if reasons := adapted.proposal.verdict.reasons:
        records.store(context, original, began, adapted, DRAFT, "; ".join(reasons))
        return replaced(
            records.answer(original, DRAFT, "; ".join(reasons), adapted), request_id=request.request_id
        )
    awaiting = go_live(context, original, began, adapted, *_out_of_shadow(snapshot, adapted.id, request))
    return replace(awaiting, request_id=request.request_id, began=began)


def request_of(episode: Episode, reason: str = "") -> Request:
    """The request that made an episode, with all that has joined it since."""
    by_role = {
        role: tuple(part.transaction_id for part in episode.transactions if part.role == role)
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
    )


def _found(context: AdaptationContext, request: Request) -> Episode:
    with context.unit(reads_only=True) as unit:
        episode = unit.episodes.find_with_status(request.name, *APPROVABLE)
        if episode is None:
            waiting = [one.name for one in unit.episodes.with_status(WAITING, SHADOW, DRAFT)]
            raise RequestRefused(
                f"no episode {request.name!r} waits for approval; there are: {', '.join(waiting) or 'none'}"
            )
        assert episode.transactions is not None  # loaded while the unit is open
        return episode


def _out_of_shadow(snapshot: Snapshot, detector_id: str, request: Request) -> tuple[Change, ...]:
    if detector_id not in snapshot.in_force(Kind.SHADOW):
        return ()
    return (Change(Kind.SHADOW, detector_id, request.author, "approved", {}, {}, retired=True),)
