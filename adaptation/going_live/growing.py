"""Adapts a live detector again once its episode has grown and no label has come for a moment.

Growth beyond what was approved waits for a person (`growth`), where the policy asks for one.
"""

from __future__ import annotations

import logging

from adaptation.context import AdaptationContext
from adaptation.going_live import episode_records as records
from adaptation.going_live.growth import why_it_waits
from adaptation.going_live.members import request_of
from adaptation.going_live.outcome import detector_change, risk_entry
from adaptation.intake.checks import RequestRefused
from adaptation.intake.labelling import GROWN_AT
from adaptation.proposing.adapting import adapt
from contracts.metrics import adaptation as metrics
from control.change import Change
from control.entry import Kind
from storage import UnitOfWork
from storage.alerts import CONFIRMED, REJECTED
from storage.episodes import GROWTH_WAITS, LIVE, SUPPORT, Episode

log = logging.getLogger(__name__)

QUIET_S = 5.0
"""Verdicts come in bursts, so an episode is adapted again once none has come for this long."""
JUDGED, PRECISE = 10, 0.1
"""From 10 judged alerts on, a detector with less than a tenth confirmed is proposed for retirement."""


def adapt_grown(context: AdaptationContext) -> bool:
    """Adapt the grown episode that has waited longest. Repeating it is harmless.

    Args:
        context: database, control log, prepared calibration, standing policy.

    Returns:
        Whether there was one.

    Raises:
        StorageUnavailable: the database is away.
        ControlLogUnavailable: the broker is away.
    """
    with context.unit(reads_only=True) as unit:
        waiting = [
            episode
            for episode in unit.episodes.with_status(LIVE)
            if context.clock() - episode.details.get(GROWN_AT, context.clock()) >= QUIET_S
        ]
        due = min(waiting, key=lambda episode: float(episode.details[GROWN_AT]), default=None)
        if due is None or not due.transactions:
            return False
    waits = why_it_waits(context, due)
    if waits or due.growth_waits:
        _note_growth(context, due, waits)
    if not waits:
        adapt_anew(context, due, "adapted again to verdicts on its alerts", grown=True)
    return True


def adapt_anew(
    context: AdaptationContext,
    episode: Episode,
    reason: str,
    *,
    grown: bool | None = None,
    approved: bool = False,
) -> int | str:
    """Put a new version of a live episode's detector in force, or note why its detector stays as it was.

    Args:
        context: database, control log, prepared calibration, standing policy.
        episode: the episode, with its transactions.
        reason: of the new version, for the control log.
        grown: whether what joined last is part of the version; by default only if it was let in before.
        approved: whether a person has approved what joined.

    Returns:
        The control offset of the new version, or why there is none.

    Raises:
        StorageUnavailable: the database is away.
        ControlLogUnavailable: the broker is away.
    """
    request = request_of(episode, reason=reason, grown=grown)
    if not request.fraud:
        return _keep(context, episode, grown, "none of its transactions is fraud any more: retire it")
    try:
        adapted = adapt(context, request, context.clock(), approved=True, may_surge=False)
    except RequestRefused as lack:
        return _keep(context, episode, grown, str(lack))
    if reasons := adapted.proposal.verdict.reasons:
        return _keep(context, episode, grown, "; ".join(reasons))
    offset = context.announcer.announce(
        *superseded(episode, adapted.id, reason),
        risk_entry(request, adapted),
        detector_change(request, adapted),
    ).offset
    approved = approved or context.policy.release() == "auto"
    records.note_new_version(context, request, adapted, offset, approved=approved)
    _note(context, episode, grown, None)
    metrics.EPISODES.labels("adapted_anew").inc()
    log.info("adapter: episode %r adapted again, control offset %d", episode.name, offset)
    return offset


def superseded(episode: Episode, detector_id: str, reason: str) -> list[Change]:
    """Return the change that retires the detector of an earlier base, whose id is another."""
    if episode.detector_id in (None, detector_id):
        return []
    values = {"episode": episode.name, "episode_id": episode.id}
    return [Change(Kind.DETECTOR, str(episode.detector_id), episode.author, reason, {}, values, retired=True)]


def _note_growth(context: AdaptationContext, episode: Episode, waits: str | None) -> None:
    """Note that growth waits, with the reason, or that it waits no more. The detector stays as it is."""
    with context.unit() as unit:
        stored = unit.episodes.get(episode.id)
        assert stored is not None  # episodes are not deleted
        settled = (GROWN_AT, GROWTH_WAITS)
        details = {key: value for key, value in stored.details.items() if key not in settled}
        stored.details = details | ({GROWTH_WAITS: waits} if waits else {})
        action = "growth waits" if waits else "growth waits no more"
        unit.audit.append(
            "adapter", action, subject=stored.id, time=context.clock(), details={"reason": waits}
        )
        unit.commit()
    log.info("adapter: episode %r: %s", episode.name, waits or action)


def _keep(context: AdaptationContext, episode: Episode, grown: bool | None, why_not: str) -> str:
    """Note why the detector stays as it was, and return it."""
    _note(context, episode, grown, why_not)
    return why_not


def _note(context: AdaptationContext, episode: Episode, grown: bool | None, why_not: str | None) -> None:
    """Note that the episode is done: why its detector stays as it was, and whether to retire it."""
    with context.unit() as unit:
        stored = unit.episodes.get(episode.id)
        assert stored is not None  # episodes are not deleted
        seen = GROWN_AT if grown else None  # else what joined is still to be looked at
        details = {key: value for key, value in stored.details.items() if key != seen}
        details |= {"kept_as_it_was": why_not, "proposal": _proposal(unit, stored)}
        stored.details = {key: value for key, value in details.items() if value is not None}
        if why_not:
            unit.audit.append(
                "adapter",
                "adapt anew: refused",
                subject=stored.id,
                time=context.clock(),
                details={"reason": why_not},
            )
        unit.commit()


def _proposal(unit: UnitOfWork, episode: Episode) -> str | None:
    """Why to retire the detector, where its flags or alerts turn out to be genuine."""
    if sum(part.role == SUPPORT for part in episode.transactions) == 0:
        return "retire: none of its transactions is fraud any more"
    counts = unit.alerts.count_by_status(episode.detector_id or "")
    confirmed, rejected = counts.get(CONFIRMED, 0), counts.get(REJECTED, 0)
    if confirmed + rejected < JUDGED or confirmed >= PRECISE * (confirmed + rejected):
        return None
    return f"retire: {confirmed} of {confirmed + rejected} judged alerts were fraud"
