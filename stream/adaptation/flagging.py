"""A flag: from the named transactions to a detector on the control log.

Steps, and what a stop right after each costs:
1. received   nothing: the request is read again.
2. checked    nothing: the check only reads.
3. adapted    nothing but the time: adapting again gives the same detector id.
4. stored     nothing: the episode stands as `adapted`; the repeated request goes on from there.
5. announced  nothing: the detector is live; the repeated request announces the same id again.
6. noted      nothing: the repeated request finds the episode announced, and only waits for it.
7. committed  nothing: the request is done; a new worker waits for the acknowledgements.
8. live       the answer: the same request, sent again, gets it.
At no step is something half live: a detector, its tails and the threshold that fits them are one entry.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from storage import UnitOfWork
from storage.detectors import DetectorRow
from storage.episodes import (
    ADAPTED,
    ANNOUNCED,
    DRAFT,
    LOOKALIKE,
    REFUSED,
    SUPPORT,
    Episode,
    EpisodeTransaction,
)
from storage.labels import FRAUD, GENUINE
from stream import metrics
from stream.adaptation.awaiting import Awaiting
from stream.adaptation.desk import Desk, Step
from stream.adaptation.feedback import Answer, Request
from stream.adaptation.identity import detector_id, seed_of
from stream.adaptation.intake import Flagged, RequestRefused, examine_flag
from stream.adaptation.preparation import NotReady
from stream.adaptation.proposal import Proposal, TooLittleTraffic, propose
from stream.adaptation.threshold import first_threshold
from stream.control.change import Change
from stream.control.entry import Kind
from stream.control.loading import DETECTOR, TAILS, tails_to_bytes
from stream.control.snapshot import Snapshot

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Adapted:
    """What adapting to an episode gave, and beside which base."""

    id: str
    flagged: Flagged
    proposal: Proposal
    parent: str
    flag_to_adapted_ms: float


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
    try:
        adapted = _adapt(desk, request, flagged_at)
    except RequestRefused as refusal:
        return _end(desk, request, flagged_at, REFUSED, str(refusal), unknown=refusal.unknown)
    except (TooLittleTraffic, NotReady) as lack:
        return _end(desk, request, flagged_at, DRAFT, str(lack))
    desk.after(Step.ADAPTED)
    if reason := _why_not_live(desk, adapted):
        return _keep_as_draft(desk, request, flagged_at, adapted, reason)
    _store(desk, request, flagged_at, adapted, ADAPTED, None)
    desk.after(Step.STORED)
    offset = desk.announcer.announce(_change(request, adapted)).offset
    desk.after(Step.ANNOUNCED)
    awaiting = _note(desk, request, flagged_at, adapted, offset)
    desk.after(Step.NOTED)
    return awaiting


def _adapt(desk: Desk, request: Request, flagged_at: float) -> Adapted:
    snapshot = desk.announcer.refresh()
    ready = desk.preparation.ready(snapshot)
    assert snapshot.base is not None  # `ready` says so where there is none
    with desk.unit(reads_only=True) as unit:
        flagged = examine_flag(unit, request, len(snapshot.base.model.features))
    desk.after(Step.CHECKED)
    proposal = propose(
        flagged,
        ready.prepared,
        ready.replay,
        threshold=_threshold(snapshot, desk.budget),
        budget=desk.budget,
        seed=seed_of(request.episode_id),
    )
    metrics.ADAPT_SECONDS.labels(ready.prepared.adapter.name).observe(proposal.seconds)
    parent = snapshot.base.content_hash
    identity = detector_id(request.episode_id, request.name, parent)
    return Adapted(identity, flagged, proposal, parent, 1e3 * (desk.clock() - flagged_at))


def _threshold(snapshot: Snapshot, budget: float) -> float:
    return first_threshold(budget) if snapshot.threshold is None else snapshot.threshold


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


def _found(adapted: Adapted) -> dict[str, Any]:
    """What the gate measured, for the record."""
    verdict = adapted.proposal.verdict
    return {
        "threshold": verdict.threshold,
        "shift": verdict.live.shift,
        "alert_rate": verdict.alert_rate,
        "added_alert_rate": verdict.added,
        "found_left_out": verdict.found,
        "losses": verdict.losses,
        "calibration_rows": adapted.proposal.rows,
        "propose_ms": 1e3 * adapted.proposal.seconds,
    }


def _store(
    desk: Desk, request: Request, flagged_at: float, adapted: Adapted, status: str, reason: str | None
) -> None:
    """Episode, labels, detector and audit in one database transaction."""
    with desk.unit() as unit:
        episode = _episode(unit, request, flagged_at)
        episode.status, episode.reason, episode.detector_id = status, reason, adapted.id
        episode.flag_to_adapted_ms, episode.details = adapted.flag_to_adapted_ms, _found(adapted)
        _add_transactions(episode, request)
        unit.session.flush()
        unit.labels.add_many(_labels(request))
        unit.detectors.put(_row(desk, request, adapted, status))
        _audit(unit, desk, request, status, {"reason": reason, "detector": adapted.id})
        unit.commit()
    metrics.EPISODES.labels(status).inc()


def _note(desk: Desk, request: Request, flagged_at: float, adapted: Adapted, offset: int) -> Awaiting:
    now = desk.clock()
    announced_ms = 1e3 * (now - flagged_at)
    with desk.unit() as unit:
        episode, row = unit.episodes.get(request.episode_id), unit.detectors.get(adapted.id)
        assert episode is not None  # stored before it was announced
        assert row is not None
        episode.status = row.status = ANNOUNCED
        episode.control_offset = row.control_offset = offset
        episode.details = {**episode.details, "flag_to_announced_ms": announced_ms}
        _audit(unit, desk, request, ANNOUNCED, {"detector": adapted.id, "control_offset": offset})
        unit.commit()
    metrics.EPISODES.labels(ANNOUNCED).inc()
    metrics.FLAG_TO_ANNOUNCED_SECONDS.observe(announced_ms / 1e3)
    return Awaiting.of(episode)


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


def _end(
    desk: Desk, request: Request, flagged_at: float, status: str, reason: str, unknown: tuple[str, ...] = ()
) -> Answer:
    """End without a detector: refused, where nothing but the refusal is stored, or a draft."""
    with desk.unit() as unit:
        episode = _episode(unit, request, flagged_at)
        episode.status, episode.reason, episode.details = status, reason, {"unknown": list(unknown)}
        if status == DRAFT:
            _add_transactions(episode, request)
        _audit(unit, desk, request, status, {"reason": reason})
        unit.commit()
    metrics.EPISODES.labels(status).inc()
    return Answer(request.request_id, status, reason, unknown)


def _keep_as_draft(desk: Desk, request: Request, flagged_at: float, adapted: Adapted, reason: str) -> Answer:
    _store(desk, request, flagged_at, adapted, DRAFT, reason)
    return Answer(
        request.request_id,
        DRAFT,
        reason,
        detector_id=adapted.id,
        flag_to_adapted_ms=adapted.flag_to_adapted_ms,
    )


def _episode(unit: UnitOfWork, request: Request, flagged_at: float) -> Episode:
    """The request's episode, new or from an earlier try."""
    episode = unit.episodes.get(request.episode_id)
    if episode is None:
        episode = Episode(
            id=request.episode_id,
            request_id=request.request_id,
            name=request.name,
            author=request.author,
            flagged_at=flagged_at,
        )
        unit.episodes.add(episode)
    return episode


def _add_transactions(episode: Episode, request: Request) -> None:
    roles = dict.fromkeys(request.fraud, SUPPORT) | dict.fromkeys(request.genuine, LOOKALIKE)
    held = {part.transaction_id for part in episode.transactions}
    episode.transactions += [
        EpisodeTransaction(transaction_id=identity, role=role)
        for identity, role in roles.items()
        if identity not in held
    ]


def _labels(request: Request) -> list[tuple[Any, ...]]:
    verdicts = dict.fromkeys(request.fraud, FRAUD) | dict.fromkeys(request.genuine, GENUINE)
    return [
        (identity, verdict, request.source, request.author, request.time, request.request_id)
        for identity, verdict in verdicts.items()
    ]


def _row(desk: Desk, request: Request, adapted: Adapted, status: str) -> DetectorRow:
    verdict = adapted.proposal.verdict
    detector = verdict.live.detector
    return DetectorRow(
        id=adapted.id,
        episode_id=request.episode_id,
        parent=adapted.parent,
        adapter=detector.adapter,
        content_hash=detector.content_hash,
        payload=detector.to_bytes(),
        status=status,
        threshold=verdict.threshold,
        gate=_found(adapted),
        created_at=desk.clock(),
    )


def _audit(unit: UnitOfWork, desk: Desk, request: Request, outcome: str, details: dict[str, Any]) -> None:
    unit.audit.append(
        request.author,
        f"flag: {outcome}",
        subject=request.episode_id,
        time=desk.clock(),
        details={"request": request.request_id, "name": request.name, **details},
    )
