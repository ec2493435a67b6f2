"""What is written to the database of an episode, step by step; each function is one transaction."""

from __future__ import annotations

from typing import Any

from adaptation.context import AdaptationContext
from adaptation.going_live.pending_change import PendingChange
from adaptation.proposing.adapted import Adapted
from contracts.answer import Answer
from contracts.metrics import adaptation as metrics
from contracts.request import Request
from storage import UnitOfWork
from storage.detectors import DetectorRow
from storage.episodes import ANNOUNCED, DRAFT, LIVE, LOOKALIKE, SUPPORT, Episode, EpisodeTransaction
from storage.labels import FRAUD, GENUINE


def store(
    context: AdaptationContext,
    request: Request,
    flagged_at: float,
    adapted: Adapted,
    status: str,
    reason: str | None = None,
) -> None:
    """Episode, labels, detector and audit in one database transaction."""
    with context.unit() as unit:
        episode = _episode(unit, request, flagged_at)
        episode.status, episode.reason, episode.detector_id = status, reason, adapted.id
        episode.flag_to_adapted_ms, episode.details = adapted.flag_to_adapted_ms, adapted.found()
        _add_transactions(episode, request)
        unit.session.flush()
        unit.labels.add_many(_labels(request))
        unit.detectors.put(_row(context, request, adapted, status))
        _audit(unit, context, request, status, {"reason": reason, "detector": adapted.id})
        unit.commit()
    metrics.EPISODES.labels(status).inc()
    metrics.ADAPT_STEP_SECONDS.labels("adapted").observe(adapted.flag_to_adapted_ms / 1e3)
    metrics.ADAPT_STEP_SECONDS.labels("stored").observe(max(0.0, context.clock() - flagged_at))


def note_announced(
    context: AdaptationContext, request: Request, flagged_at: float, detector_id: str | None, offset: int
) -> PendingChange:
    """The episode's detector is on the control log at `offset`; returns what to wait for."""
    now = context.clock()
    announced_ms = 1e3 * (now - flagged_at)
    with context.unit() as unit:
        episode, row = unit.episodes.get(request.episode_id), unit.detectors.get(detector_id or "")
        assert episode is not None  # stored before it was announced
        assert row is not None
        episode.status = row.status = ANNOUNCED
        episode.control_offset = row.control_offset = offset
        episode.details = {**episode.details, "flag_to_announced_ms": announced_ms}
        _audit(unit, context, request, ANNOUNCED, {"detector": detector_id, "control_offset": offset})
        unit.commit()
    metrics.EPISODES.labels(ANNOUNCED).inc()
    metrics.ADAPT_STEP_SECONDS.labels("announced").observe(announced_ms / 1e3)
    return PendingChange.of(episode)


def note_approval(context: AdaptationContext, episode: Episode, request: Request) -> None:
    """Somebody approved the episode; what comes of it is noted as it happens."""
    with context.unit() as unit:
        details = {"request": request.request_id, "name": episode.name, "flagged_by": episode.author}
        unit.audit.append(
            request.author, "approve", subject=episode.id, time=context.clock(), details=details
        )
        unit.commit()


def note_adapted_anew(context: AdaptationContext, request: Request, adapted: Adapted, offset: int) -> None:
    """A live episode has a new version of its detector on the control log."""
    with context.unit() as unit:
        episode = unit.episodes.get(request.episode_id)
        assert episode is not None  # its version before was live
        episode.control_offset, episode.details = offset, {**episode.details, **adapted.found()}
        row = _row(context, request, adapted, LIVE)
        row.control_offset = offset
        unit.detectors.put(row)
        _audit(unit, context, request, "adapted anew", {"detector": adapted.id, "control_offset": offset})
        unit.commit()


def end(
    context: AdaptationContext,
    request: Request,
    flagged_at: float,
    status: str,
    reason: str,
    unknown: tuple[str, ...] = (),
) -> Answer:
    """End without a detector: refused, where nothing but the refusal is stored, or a draft."""
    with context.unit() as unit:
        episode = _episode(unit, request, flagged_at)
        episode.status, episode.reason, episode.details = status, reason, {"unknown": list(unknown)}
        if status == DRAFT:
            _add_transactions(episode, request)
        _audit(unit, context, request, status, {"reason": reason})
        unit.commit()
    metrics.EPISODES.labels(status).inc()
    return Answer(request.request_id, status, reason, unknown)


def answer(request: Request, status: str, reason: str, adapted: Adapted) -> Answer:
    """What is told of an episode whose detector is not in force."""
    return Answer(
        request.request_id,
        status,
        reason,
        detector_id=adapted.id,
        flag_to_adapted_ms=adapted.flag_to_adapted_ms,
        notes=adapted.notes,
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


def _row(context: AdaptationContext, request: Request, adapted: Adapted, status: str) -> DetectorRow:
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
        gate=adapted.found(),
        created_at=context.clock(),
    )


def _audit(
    unit: UnitOfWork, context: AdaptationContext, request: Request, outcome: str, details: dict[str, Any]
) -> None:
    unit.audit.append(
        request.author,
        f"flag: {outcome}",
        subject=request.episode_id,
        time=context.clock(),
        details={"request": request.request_id, "name": request.name, **details},
    )
