"""Writes what becomes of an episode to the database; each function is one transaction."""

from __future__ import annotations

from typing import Any

from adaptation.context import AdaptationContext
from adaptation.going_live.outcome import EpisodeOutcome
from adaptation.intake.checks import RequestRefused
from adaptation.proposing.adapting import Adapted
from contracts.metrics import adaptation as metrics
from contracts.request import Request
from storage import UnitOfWork
from storage.detectors import DetectorRow
from storage.episodes import (
    ADAPTED,
    ANNOUNCED,
    DRAFT,
    GROWTH_WAITS,
    LIVE,
    LOOKALIKE,
    REFINED,
    RETIRED,
    SUPPORT,
    Episode,
    EpisodeTransaction,
)
from storage.labels import FRAUD, GENUINE


def store_without_detector(
    context: AdaptationContext, request: Request, asked_at: float, status: str, refusal: RequestRefused
) -> Episode:
    """Store an episode that no detector could be made for: `refused`, or `draft` with its transactions."""
    with context.unit() as unit:
        episode = _episode(unit, request, asked_at)
        episode.status, episode.reason = status, str(refusal)
        episode.details = {"unknown": list(refusal.unknown)}
        if status == DRAFT:
            _add_transactions(episode, request)
        _audit(unit, context, request, status, {"reason": episode.reason})
        unit.commit()
    metrics.EPISODES.labels(status).inc()
    return episode


def store_adapted(context: AdaptationContext, request: Request, asked_at: float, adapted: Adapted) -> None:
    """Store episode, labels, detector and audit entry, before anything of them is announced."""
    with context.unit() as unit:
        episode = _episode(unit, request, asked_at)
        episode.status, episode.reason, episode.detector_id = ADAPTED, None, adapted.id
        episode.flag_to_adapted_ms, episode.details = adapted.flag_to_adapted_ms, adapted.found()
        _add_transactions(episode, request)
        unit.session.flush()
        unit.labels.add_many(_labels(request))
        unit.detectors.put(_row(context, request, adapted, ADAPTED))
        _audit(unit, context, request, ADAPTED, {"detector": adapted.id, **adapted.surge_values()})
        unit.commit()
    metrics.EPISODES.labels(ADAPTED).inc()
    metrics.ADAPT_STEP_SECONDS.labels("adapted").observe(adapted.flag_to_adapted_ms / 1e3)
    metrics.ADAPT_STEP_SECONDS.labels("stored").observe(max(0.0, context.clock() - asked_at))


def note_outcome(
    context: AdaptationContext,
    request: Request,
    asked_at: float,
    outcome: EpisodeOutcome,
    offset: int | None,
) -> Episode:
    """Note that the outcome of a stored episode is on the control log.

    Args:
        context: database and clock.
        request: the flag that made the episode.
        asked_at: when the request that is handled reached the broker, seconds since 1970-01-01 UTC.
        outcome: status and reason to note.
        offset: control offset of the last entry that was announced; None where nothing was.

    Returns:
        The episode as it is stored.
    """
    announced_ms = 1e3 * (context.clock() - asked_at)
    with context.unit() as unit:
        episode = unit.episodes.get(request.episode_id)
        assert episode is not None  # stored before it was announced
        row = unit.detectors.get(episode.detector_id or "")
        assert row is not None  # stored with the episode
        episode.status = row.status = outcome.status
        episode.reason = outcome.reason
        # Where the detector does not score, only the risk of its entities is announced.
        episode.control_offset = row.control_offset = offset if outcome.scores else None
        if outcome.status == ANNOUNCED:
            episode.approve_members({*request.fraud, *request.genuine})
            episode.details = {**episode.details, "flag_to_announced_ms": announced_ms}
        details = {"reason": outcome.reason, "detector": row.id, "control_offset": offset}
        _audit(unit, context, request, outcome.status, details)
        unit.commit()
    metrics.EPISODES.labels(outcome.status).inc()
    if outcome.status == ANNOUNCED:
        metrics.ADAPT_STEP_SECONDS.labels("announced").observe(announced_ms / 1e3)
    return episode


def note_approval(context: AdaptationContext, episode: Episode, request: Request) -> None:
    """Note who approved the episode; what comes of it is noted as it happens."""
    with context.unit() as unit:
        details = {"request": request.request_id, "name": episode.name, "flagged_by": episode.author}
        unit.audit.append(
            request.author, "approve", subject=episode.id, time=context.clock(), details=details
        )
        unit.commit()


def note_new_version(
    context: AdaptationContext, request: Request, adapted: Adapted, offset: int, *, approved: bool = False
) -> None:
    """Note that a new version of a live episode's detector is on the control log.

    Args:
        context: database and clock.
        request: the flag that the version was made of.
        adapted: the version.
        offset: its control offset.
        approved: whether a person, or the policy `auto`, approved all transactions of `request`.
    """
    with context.unit() as unit:
        episode = unit.episodes.get(request.episode_id)
        assert episode is not None  # its previous version is live
        details = {**episode.details, **adapted.found()}
        details.pop(REFINED, None)  # it was about the version before
        if approved:
            details.pop(GROWTH_WAITS, None)
            episode.approve_members({*request.fraud, *request.genuine})
        episode.control_offset, episode.details = offset, details
        before = unit.detectors.get(episode.detector_id or "")
        if before is not None and before.id != adapted.id:  # made beside another base
            before.status = RETIRED
        episode.detector_id = adapted.id
        row = _row(context, request, adapted, LIVE)
        row.control_offset = offset
        unit.detectors.put(row)
        _audit(unit, context, request, "adapted anew", {"detector": adapted.id, "control_offset": offset})
        unit.commit()


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
