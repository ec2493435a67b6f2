"""A flag, from the request to the control log: the steps 1 to 6 of `adaptation.flag_steps`."""

from __future__ import annotations

from adaptation.context import AdaptationContext
from adaptation.flag_steps import FlagStep
from adaptation.going_live import episode_records as records
from adaptation.going_live.outcome import EpisodeOutcome, outcome_of_flag
from adaptation.going_live.result import RequestResult, result_of
from adaptation.intake.checks import RequestRefused
from adaptation.proposing.adapting import Adapted, NothingToAdaptWith, adapt
from contracts.request import Request
from control.entry import Kind
from control.snapshot import Snapshot
from storage.episodes import ADAPTED, ANNOUNCED, DRAFT, REFUSED, Episode


def flag(context: AdaptationContext, request: Request, asked_at: float) -> RequestResult:
    """Make an episode of the flagged transactions.

    Args:
        context: database, control log, prepared calibration, standing policy.
        request: the flag.
        asked_at: when it reached the broker, seconds since 1970-01-01 UTC.

    Returns:
        The answer where the detector does not go live, else the change whose acknowledgements are awaited.

    Raises:
        StorageUnavailable: the database is away; the request must be handled again.
        ControlLogUnavailable: the broker is away; the request must be handled again.
    """
    context.after(FlagStep.RECEIVED)
    episode = _of_earlier_try(context, request, asked_at)
    if episode is not None:
        return result_of(episode)
    try:
        adapted = adapt(context, request, asked_at)
    except NothingToAdaptWith as lack:
        return result_of(records.store_without_detector(context, request, asked_at, DRAFT, lack))
    except RequestRefused as refusal:
        return result_of(records.store_without_detector(context, request, asked_at, REFUSED, refusal))
    outcome = outcome_of_flag(request, adapted, context.policy)
    return result_of(carry_out(context, request, asked_at, adapted, outcome))


def carry_out(
    context: AdaptationContext,
    request: Request,
    asked_at: float,
    adapted: Adapted,
    outcome: EpisodeOutcome,
) -> Episode:
    """Store the episode, announce what follows from it, and note the outcome: steps 4 to 6.

    The repeat of a request that was stopped between 4 and 6 carries the outcome out again. Announcing again
    replaces the entries of the first try, since they have the same keys.

    Args:
        context: database, control log, prepared calibration, standing policy.
        request: the flag that made the episode.
        asked_at: when the request that is handled reached the broker, seconds since 1970-01-01 UTC.
        adapted: the detector and the gate's verdict on it.
        outcome: what becomes of the episode.

    Returns:
        The episode as it is stored.
    """
    records.store_adapted(context, request, asked_at, adapted)
    context.after(FlagStep.STORED)
    offset = context.announcer.announce(*outcome.changes).offset if outcome.changes else None
    context.after(FlagStep.ANNOUNCED)
    episode = records.note_outcome(context, request, asked_at, outcome, offset)
    context.after(FlagStep.NOTED)
    return episode


def live_offset(snapshot: Snapshot, episode: Episode) -> int | None:
    """Control offset of the episode's detector; None where it is not in force."""
    applied = snapshot.in_force(Kind.DETECTOR).get(episode.detector_id or "")
    return applied.offset if applied else None


def _of_earlier_try(context: AdaptationContext, request: Request, asked_at: float) -> Episode | None:
    """The episode, where an earlier try of this request got as far as the control log."""
    with context.unit(reads_only=True) as unit:
        episode = unit.episodes.of_request(request.request_id)
    if episode is None or episode.status != ADAPTED:
        return episode
    offset = live_offset(context.announcer.refresh(), episode)
    if offset is None:
        return None
    return records.note_outcome(context, request, asked_at, EpisodeOutcome(ANNOUNCED), offset)
