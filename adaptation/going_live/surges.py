"""Surges of live detectors: read from the control log, and settled once they are over."""

from __future__ import annotations

import logging

from adaptation.context import AdaptationContext
from adaptation.going_live import episode_records as records
from adaptation.going_live.members import request_of
from adaptation.going_live.outcome import detector_change, risk_entry
from adaptation.intake.checks import RequestRefused
from adaptation.proposing.adapting import adapt
from adaptation.proposing.surging import UNTIL
from control.entry import Kind
from control.snapshot import Snapshot
from storage.episodes import Episode

log = logging.getLogger(__name__)

SETTLED = "surge_settled"
"""Detail of an episode: end of the surge that was settled, seconds since 1970."""


def settle_surge(context: AdaptationContext, snapshot: Snapshot, now: float) -> bool:
    """Judge one detector again whose surge is over, at the budget without a surge.

    A detector that passes goes live as a new version without a surge. Another stays in force within the
    budget, which the recalibration holds, and is proposed for retirement. Repeating it is harmless.

    Args:
        context: database, control log, prepared calibration, standing policy.
        snapshot: everything in force.
        now: seconds since 1970-01-01 UTC.

    Returns:
        Whether there was one.

    Raises:
        StorageUnavailable: the database is away.
        ControlLogUnavailable: the broker is away.
    """
    for applied in snapshot.in_force(Kind.DETECTOR).values():
        until = applied.entry.values.get(UNTIL)
        if until is None or until > now:
            continue
        with context.unit(reads_only=True) as unit:
            episode = unit.episodes.get(str(applied.entry.values.get("episode_id", "")))
            if episode is None or episode.details.get(SETTLED) == until or not episode.transactions:
                continue
        _judge_again(context, episode, until)
        return True
    return False


def _judge_again(context: AdaptationContext, episode: Episode, until: float) -> None:
    request = request_of(episode, reason="judged again without a surge")
    try:
        adapted = adapt(context, request, context.clock(), approved=True, may_surge=False)
        refusals = adapted.proposal.verdict.reasons
    except RequestRefused as lack:
        return _note(context, episode, until, str(lack))
    if refusals:
        return _note(context, episode, until, "; ".join(refusals))
    offset = context.announcer.announce(
        risk_entry(request, adapted), detector_change(request, adapted)
    ).offset
    records.note_new_version(context, request, adapted, offset)
    log.info("adapter: the surge of episode %r is over, control offset %d", episode.name, offset)
    return _note(context, episode, until, None)


def _note(context: AdaptationContext, episode: Episode, until: float, why_not: str | None) -> None:
    """Note that the surge is settled, and propose to retire a detector that does not fit the budget."""
    with context.unit() as unit:
        stored = unit.episodes.get(episode.id)
        assert stored is not None  # episodes are not deleted
        proposal = {"proposal": f"retire: its surge is over and {why_not}"} if why_not else {}
        stored.details = {**stored.details, SETTLED: until, **proposal}
        unit.audit.append(
            "adapter",
            "surge: over",
            subject=stored.id,
            time=context.clock(),
            details={"fits": why_not is None, "reason": why_not},
        )
        unit.commit()
