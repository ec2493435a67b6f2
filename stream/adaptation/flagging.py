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
At no step is something half live: a detector, its tails and the threshold that fits them are one entry.
"""

from __future__ import annotations

from storage.episodes import ADAPTED, ANNOUNCED, DRAFT, REFUSED, Episode
from stream import metrics
from stream.adaptation import episode_records as records
from stream.adaptation.adapted import Adapted
from stream.adaptation.awaiting import Awaiting
from stream.adaptation.desk import Desk, Step
from stream.adaptation.feedback import Answer, Request
from stream.adaptation.identity import detector_id, seed_of
from stream.adaptation.intake import RequestRefused, examine_flag
from stream.adaptation.preparation import NotReady
from stream.adaptation.proposal import TooLittleTraffic, propose
from stream.adaptation.threshold import first_threshold
from stream.control.change import Change
from stream.control.entry import Kind
from stream.control.loading import DETECTOR, TAILS, tails_to_bytes
from stream.control.snapshot import Snapshot


def flag(desk: Desk, request: Request, flagged_at: float) -> Answer | Awaiting:
    """Walk the steps up to `noted`; the answer where that ends early, else what to wait for.

    `flagged_at` is when the request reached the broker. Raises StorageUnavailable and
    ControlLogUnavailable; the request must be worked again then.
    """
    desk.after(Step.RECEIVED)
    with desk.unit(reads_only=True) as unit:
        known = unit.episodes.of_request(request.request_id)
    if known is not None and known.status != ADAPTED:
        return _told_before(known)
    snapshot = desk.announcer.refresh()
    if known is not None and (offset := _in_force(snapshot, known)) is not None:
        return records.note_announced(desk, request, flagged_at, known.detector_id, offset)
    try:
        adapted = _adapt(desk, request, flagged_at, snapshot)
    except RequestRefused as refusal:
        return records.end(desk, request, flagged_at, REFUSED, str(refusal), refusal.unknown)
    except (TooLittleTraffic, NotReady) as lack:
        return records.end(desk, request, flagged_at, DRAFT, str(lack))
    desk.after(Step.ADAPTED)
    if reason := _why_not_live(desk, adapted):
        return records.keep_as_draft(desk, request, flagged_at, adapted, reason)
    records.store(desk, request, flagged_at, adapted, ADAPTED)
    desk.after(Step.STORED)
    offset = desk.announcer.announce(_change(request, adapted)).offset
    desk.after(Step.ANNOUNCED)
    awaiting = records.note_announced(desk, request, flagged_at, adapted.id, offset)
    desk.after(Step.NOTED)
    return awaiting


def _in_force(snapshot: Snapshot, episode: Episode) -> int | None:
    """Offset of the episode's detector, if an earlier try announced it and it has not been retired."""
    applied = snapshot.in_force(Kind.DETECTOR).get(episode.detector_id or "")
    return applied.offset if applied else None


def _adapt(desk: Desk, request: Request, flagged_at: float, snapshot: Snapshot) -> Adapted:
    ready = desk.preparation.ready(snapshot)
    assert snapshot.base is not None  # `ready` says so where there is none
    with desk.unit(reads_only=True) as unit:
        flagged = examine_flag(unit, request, len(snapshot.base.model.features))
    desk.after(Step.CHECKED)
    proposal = propose(
        flagged,
        ready.prepared,
        ready.replay,
        threshold=first_threshold(desk.budget) if snapshot.threshold is None else snapshot.threshold,
        budget=desk.budget,
        seed=seed_of(request.episode_id),
    )
    metrics.ADAPT_SECONDS.labels(ready.prepared.adapter.name).observe(proposal.seconds)
    parent = snapshot.base.content_hash
    identity = detector_id(request.episode_id, request.name, parent)
    return Adapted(identity, flagged, proposal, parent, 1e3 * (desk.clock() - flagged_at))


def _why_not_live(desk: Desk, adapted: Adapted) -> str | None:
    if reasons := adapted.proposal.verdict.reasons:
        return "; ".join(reasons)
    if desk.policy != "auto":
        return f"adaptation.policy is {desk.policy}: a person puts it into force"
    return None


def _change(request: Request, adapted: Adapted) -> Change:
    """Detector, tails and threshold in one entry, so that they are swapped as one."""
    verdict = adapted.proposal.verdict
    live = verdict.live
    return Change(
        Kind.DETECTOR,
        adapted.id,
        request.author,
        request.reason or f"{len(adapted.flagged.fraud)} transactions flagged as {request.name!r}",
        {DETECTOR: live.detector.to_bytes(), TAILS: tails_to_bytes(live.tails)},
        {
            "episode": request.name,
            "episode_id": request.episode_id,
            "shift": live.shift,
            "threshold": verdict.threshold,
        },
        adapted.parent,
    )


def _told_before(episode: Episode) -> Answer | Awaiting:
    """The request came again: the same outcome, nothing done."""
    if episode.status == ANNOUNCED:
        return Awaiting.of(episode)
    return Answer(
        episode.request_id,
        episode.status,
        episode.reason or f"episode {episode.name!r} is {episode.status}",
        tuple(episode.details.get("unknown", ())),
        episode.detector_id,
        episode.control_offset,
        flag_to_adapted_ms=episode.flag_to_adapted_ms,
        flag_to_live_ms=episode.flag_to_live_ms,
    )
