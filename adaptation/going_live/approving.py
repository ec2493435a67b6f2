"""Approves an episode that waits for a person: the gate judges it again, beside what is in force now."""

from __future__ import annotations

from adaptation.context import AdaptationContext
from adaptation.going_live import episode_records as records
from adaptation.going_live.flagging import carry_out, live_offset
from adaptation.going_live.growing import adapt_anew
from adaptation.going_live.members import request_of
from adaptation.going_live.outcome import EpisodeOutcome, outcome_of_approval
from adaptation.going_live.result import PendingChange, RequestResult, result_of
from adaptation.intake.checks import RequestRefused
from adaptation.proposing.adapting import adapt
from contracts.request import Request
from control.entry import Kind
from storage.contributors import contributors
from storage.episodes import ADAPTED, ANNOUNCED, LIVE, UNDECIDED, Episode

APPROVABLE = (*UNDECIDED, ADAPTED, ANNOUNCED, LIVE)
"""The last three for an approval that is repeated after a stop on its way; a live episode may have grown."""


def approve(context: AdaptationContext, request: Request, asked_at: float) -> RequestResult:
    """Have the gate judge the episode again, and put it in force if it passes.

    Args:
        context: database, control log, prepared calibration, standing policy.
        request: names the episode.
        asked_at: when the request reached the broker, seconds since 1970-01-01 UTC.

    Returns:
        The answer where the gate refuses it now, else the change whose acknowledgements are awaited.

    Raises:
        RequestRefused: no such episode waits, its author must not approve it, or it has changed since the
            approver looked at it.
    """
    episode = _found(context, request)
    if episode.status in UNDECIDED or episode.growth_waits:
        _refuse_unseen(episode, request)
    if episode.growth_waits:
        return _approve_growth(context, episode, request, asked_at)
    flag = request_of(episode, reason=f"flagged by {episode.author}, approved by {request.author}")
    snapshot = context.announcer.refresh()
    offset = live_offset(snapshot, episode)
    if offset is not None:  # an earlier try announced it
        if episode.status == ADAPTED:
            records.note_outcome(context, flag, episode.flagged_at, EpisodeOutcome(ANNOUNCED), offset)
        return PendingChange(request.request_id, offset, asked_at, episode.id, episode.detector_id)
    _refuse_own(context, episode, request)
    adapted = adapt(context, flag, asked_at, approved=True)
    records.note_approval(context, episode, request)
    on_trial = adapted.id in snapshot.in_force(Kind.SHADOW)
    outcome = outcome_of_approval(flag, adapted, approver=request.author, on_trial=on_trial)
    stored = carry_out(context, flag, asked_at, adapted, outcome)
    return result_of(stored, request_id=request.request_id, asked_at=asked_at)


def _approve_growth(
    context: AdaptationContext, episode: Episode, request: Request, asked_at: float
) -> RequestResult:
    """Put a version of the live detector in force that is made of all that has joined the episode."""
    _refuse_own(context, episode, request)
    records.note_approval(context, episode, request)
    reason = f"its growth is approved by {request.author}"
    outcome = adapt_anew(context, episode, reason, grown=True, approved=True)
    if isinstance(outcome, str):
        raise RequestRefused(f"the detector stays as it was: {outcome}")
    return PendingChange(request.request_id, outcome, asked_at, detector_id=episode.detector_id)


def _found(context: AdaptationContext, request: Request) -> Episode:
    with context.unit(reads_only=True) as unit:
        episode = unit.episodes.find_with_status(request.name, *APPROVABLE)
        if episode is None:
            waiting = [one.name for one in unit.episodes.undecided()]
            raise RequestRefused(
                f"no episode {request.name!r} waits for approval; waiting are: {', '.join(waiting) or 'none'}"
            )
        assert episode.transactions is not None  # loads them while the unit is open
        return episode


def _refuse_unseen(episode: Episode, request: Request) -> None:
    if request.seen is not None and request.seen != len(episode.transactions):
        raise RequestRefused(
            f"{episode.name!r} has {len(episode.transactions)} transactions, and {request.author} saw "
            f"{request.seen}: look at it again, then approve"
        )


def _refuse_own(context: AdaptationContext, episode: Episode, request: Request) -> None:
    if not context.policy.four_eyes:
        return
    with context.unit(reads_only=True) as unit:
        own = request.author in contributors(unit, episode)
    if own:
        raise RequestRefused(
            f"{request.author} flagged {episode.name!r} or made it grow, or made the token that did; with "
            "adaptation.four_eyes another person approves it"
        )
