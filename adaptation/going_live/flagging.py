"""A flag: from the named transactions to a detector on the control log.

Steps, and what a stop right after each costs:
1. received   nothing: the request is read again.
2. checked    nothing: the check only reads.
3. adapted    nothing but the time: adapting again gives the same detector id.
4. stored     nothing: the episode stands as `adapted`; the repeated request goes on from there.
5. announced  nothing: the detector is live; the repeated request finds it in force and notes it.
6. noted      nothing: the repeated request finds the episode announced, and only waits for it.
7. committed  nothing: the request is done; a new worker waits for the acknowledgements.
8. live       the answer: the same request, sent again, gets it.
At no step is something half live: a detector, its tails and the threshold that fits them are one entry. The
risk of the flagged entities goes before it, and stays where the detector is only a draft: confirmed fraud is
confirmed, whatever can be learned from it.
"""

from __future__ import annotations

from msgspec.structs import replace

from adaptation.context import AdaptationContext
from adaptation.flag_steps import FlagStep
from adaptation.going_live import episode_records as records
from adaptation.going_live.changes import detector_change, risk_entry, shadow_change
from adaptation.going_live.pending_change import PendingChange
from adaptation.intake.checks import RequestRefused, examine_flag
from adaptation.proposing.adapted import Adapted
from adaptation.proposing.identity import detector_id, seed_of
from adaptation.proposing.preparation import AdaptationNotReady
from adaptation.proposing.proposal import propose
from adaptation.proposing.risk import risk_of
from contracts.answer import Answer
from contracts.metrics import adaptation as metrics
from contracts.request import Request
from control.change import Change
from control.entry import Kind
from control.snapshot import Snapshot
from meta.entity_counts import RecentShares
from meta.episode import TooLittleTraffic
from meta.threshold import first_threshold
from storage.episodes import ADAPTED, ANNOUNCED, DRAFT, REFUSED, SHADOW, WAITING, Episode

APPROVER_NEEDED = "passed the gate; another person must approve it (adaptation.four_eyes)"
APPROVAL_NEEDED = "passed the gate; it goes live once it is approved"


def flag(context: AdaptationContext, request: Request, flagged_at: float) -> Answer | PendingChange:
    """Walk the steps up to `noted`; the answer where that ends early, else what to wait for.

    `flagged_at` is when the request reached the broker. Raises StorageUnavailable and
    ControlLogUnavailable; the request must be worked again then.
    """
    context.after(FlagStep.RECEIVED)
    with context.unit(reads_only=True) as unit:
        known = unit.episodes.of_request(request.request_id)
    if known is not None and known.status != ADAPTED:
        return _told_before(known)
    snapshot = context.announcer.refresh()
    if known is not None and (offset := in_force(snapshot, known)) is not None:
        return records.note_announced(context, request, flagged_at, known.detector_id, offset)
    try:
        adapted = adapt(context, request, flagged_at, snapshot)
    except RequestRefused as refusal:
        return records.end(context, request, flagged_at, REFUSED, str(refusal), refusal.unknown)
    except (TooLittleTraffic, AdaptationNotReady) as lack:
        return records.end(context, request, flagged_at, DRAFT, str(lack))
    context.after(FlagStep.ADAPTED)
    if adapted.proposal.verdict.reasons:
        return _keep(
            context, request, flagged_at, adapted, DRAFT, "; ".join(adapted.proposal.verdict.reasons)
        )
    if context.policy.release(request.policy) == "shadow":
        return _score_silently(context, request, flagged_at, adapted)
    if context.policy.four_eyes or context.policy.release(request.policy) == "approve":
        reason = APPROVER_NEEDED if context.policy.four_eyes else APPROVAL_NEEDED
        return _keep(context, request, flagged_at, adapted, WAITING, reason)
    return go_live(context, request, flagged_at, adapted)


def adapt(
    context: AdaptationContext,
    request: Request,
    flagged_at: float,
    snapshot: Snapshot,
    *,
    approved: bool = False,
) -> Adapted:
    """Check the request and make its detector, beside all that is in force but an earlier one of its own.

    Raises RequestRefused, AdaptationNotReady, TooLittleTraffic, StorageUnavailable.
    """
    ready = context.preparation.ready(snapshot)
    assert snapshot.base is not None  # `ready` says so where there is none
    with context.unit(reads_only=True) as unit:
        flagged = examine_flag(unit, request, len(snapshot.base.model.features))
    context.after(FlagStep.CHECKED)
    parent = snapshot.base.content_hash
    identity = detector_id(request.episode_id, request.name, parent)
    proposal = propose(
        flagged,
        ready.prepared,
        ready.replay,
        threshold=first_threshold(context.budget) if snapshot.threshold is None else snapshot.threshold,
        budget=context.budget,
        seed=seed_of(request.episode_id),
        beside=tuple(n for n, detector in enumerate(snapshot.detectors) if detector.id != identity),
    )
    metrics.ADAPT_SECONDS.labels(ready.prepared.adapter.name).observe(proposal.seconds)
    for cause in proposal.verdict.causes or ("passed",):
        metrics.GATE.labels(cause).inc()
    risk = risk_of(
        flagged.fraud,
        snapshot.rules,
        RecentShares(ready.prepared.share_of, context.preparation.per_day),
        budget=context.budget,
        terms=context.policy,
        own=request.episode_id,
        may_block=approved or (context.policy.release(request.policy) == "auto"),
    )
    return Adapted(identity, flagged, proposal, risk, parent, 1e3 * (context.clock() - flagged_at))


def go_live(
    context: AdaptationContext, request: Request, flagged_at: float, adapted: Adapted, *beside: Change
) -> PendingChange:
    """Store, announce and note a detector that passed the gate; `beside` is announced with it."""
    records.store(context, request, flagged_at, adapted, ADAPTED)
    context.after(FlagStep.STORED)
    changes = (risk_entry(request, adapted), *beside, detector_change(request, adapted))
    offset = context.announcer.announce(*changes).offset
    context.after(FlagStep.ANNOUNCED)
    awaiting = records.note_announced(context, request, flagged_at, adapted.id, offset)
    context.after(FlagStep.NOTED)
    return awaiting


def in_force(snapshot: Snapshot, episode: Episode) -> int | None:
    """Offset of the episode's detector, if an earlier try announced it and it has not been retired."""
    applied = snapshot.in_force(Kind.DETECTOR).get(episode.detector_id or "")
    return applied.offset if applied else None


def _keep(
    context: AdaptationContext,
    request: Request,
    flagged_at: float,
    adapted: Adapted,
    status: str,
    reason: str,
) -> Answer:
    """The detector waits or stays a draft; what its flags say of their entities is in force at once."""
    context.announcer.announce(risk_entry(request, adapted))
    records.store(context, request, flagged_at, adapted, status, reason)
    return records.answer(request, status, reason, adapted)


def _score_silently(
    context: AdaptationContext, request: Request, flagged_at: float, adapted: Adapted
) -> Answer:
    """The detector takes a shadow slot: what it would have alerted can be compared, nothing is decided."""
    offset = context.announcer.announce(risk_entry(request, adapted), shadow_change(request, adapted)).offset
    reason = "passed the gate; it scores silently until it is approved"
    records.store(context, request, flagged_at, adapted, SHADOW, reason)
    return replace(records.answer(request, SHADOW, reason, adapted), control_offset=offset)


def _told_before(episode: Episode) -> Answer | PendingChange:
    """The request came again: the same outcome, nothing done."""
    if episode.status == ANNOUNCED:
        return PendingChange.of(episode)
    return Answer(
        episode.request_id,
        episode.status,
        episode.reason or f"episode {episode.name!r} is {episode.status}",
        tuple(episode.details.get("unknown", ())),
        episode.detector_id,
        episode.control_offset,
        flag_to_adapted_ms=episode.flag_to_adapted_ms,
        flag_to_live_ms=episode.flag_to_live_ms,
        notes=tuple(episode.details.get("notes", ())),
    )
