"""Takes an episode out of force, live or not, or a written rule, a named list or the decision policy.

1. Announce the change.  2. Note it in the database. After a stop between the two the request is repeated; it
finds its own entry in force and continues with 2.
"""

from __future__ import annotations

from adaptation.context import AdaptationContext
from adaptation.flag_steps import FlagStep
from adaptation.going_live.result import PendingChange
from adaptation.intake.checks import RequestRefused
from adaptation.upkeep.decision_policy import remove_policy
from adaptation.upkeep.named_lists import remove_list
from adaptation.upkeep.own_entry import REQUEST, own_entry
from adaptation.upkeep.suppressing import lift
from adaptation.upkeep.written_rules import remove_rule
from contracts.answer import Answer
from contracts.request import Request
from control.applied import Applied
from control.change import Change
from control.entry import Kind
from control.policy_entries import POLICY_PREFIX
from control.snapshot import Snapshot
from control.suppressions import SUPPRESSION_PREFIX
from meta.threshold import first_threshold, threshold_without
from rules.definition import RULE_PREFIX
from rules.lists.definition import LIST_PREFIX
from storage.episodes import DRAFT, RETIRED, SHADOW, WAITING


def retire(context: AdaptationContext, request: Request, asked_at: float) -> Answer | PendingChange:
    """Retire the detector, episode, written rule, named list or decision policy that the request names.

    A draft or a waiting episode is only marked. The risk of its entities stays, since its frauds stay
    confirmed.

    Args:
        context: database, control log, prepared calibration, standing policy.
        request: names the detector or episode.
        asked_at: when the request reached the broker, seconds since 1970-01-01 UTC.

    Returns:
        The change whose acknowledgements are awaited; an answer where nothing was in force.

    Raises:
        RequestRefused: no live detector and no episode that could be dropped has this name.
    """
    snapshot = context.announcer.refresh()
    if request.name.startswith(LIST_PREFIX):
        return remove_list(context, snapshot, request, asked_at)
    done = own_entry(snapshot, request)
    if request.name.startswith(SUPPRESSION_PREFIX):
        return lift(context, snapshot, done, request, asked_at)
    if request.name.startswith(POLICY_PREFIX):
        return remove_policy(context, snapshot, done, request, asked_at)
    if request.name.startswith(RULE_PREFIX):
        return remove_rule(context, snapshot, done, request, asked_at)
    applied = done or _live_detector(snapshot, request.name)
    if applied is None:
        return _retire_unused(context, snapshot, request)
    offset = done.offset if done else _announce(context, snapshot, applied, request)
    context.after(FlagStep.ANNOUNCED)
    note_retired(context, request, applied.entry.id, offset)
    return PendingChange(request.request_id, offset, asked_at, detector_id=applied.entry.id)


def retirement(snapshot: Snapshot, applied: Applied, request: Request, budget: float) -> Change:
    """The change that takes a live detector out of force, with the threshold that fits the others."""
    in_force = first_threshold(budget) if snapshot.threshold is None else snapshot.threshold
    live = len(snapshot.in_force(Kind.DETECTOR))
    threshold = threshold_without(in_force=in_force, budget=budget, detectors=live)
    return Change(
        Kind.DETECTOR,
        applied.entry.id,
        request.author,
        request.reason or "retired",
        {},
        {**names(applied), "threshold": threshold, REQUEST: request.request_id},
        applied.entry.parent,
        retired=True,
    )


def names(applied: Applied) -> dict[str, object]:
    """Name and id of an entry's episode, to be repeated in the entries that follow it."""
    return {
        name: applied.entry.values[name] for name in ("episode", "episode_id") if name in applied.entry.values
    }


def note_retired(context: AdaptationContext, request: Request, detector_id: str, offset: int | None) -> None:
    """Note that a detector and its episode are out of force, by whom and why."""
    with context.unit() as unit:
        row = unit.detectors.get(detector_id)
        episode = unit.episodes.of_detector(detector_id)
        if row is not None:
            row.status = RETIRED
        if episode is not None:
            episode.status, episode.reason = RETIRED, request.reason or f"retired by {request.author}"
        details = {"request": request.request_id, "control_offset": offset, "reason": request.reason}
        unit.audit.append(
            request.author, request.kind, subject=detector_id, time=context.clock(), details=details
        )
        unit.commit()


def _live_detector(snapshot: Snapshot, name: str) -> Applied | None:
    called = (
        applied
        for identity, applied in snapshot.in_force(Kind.DETECTOR).items()
        if name in (identity, applied.entry.values.get("episode"), applied.entry.values.get("episode_id"))
    )
    return next(called, None)


def _announce(context: AdaptationContext, snapshot: Snapshot, applied: Applied, request: Request) -> int:
    return context.announcer.announce(retirement(snapshot, applied, request, context.budget)).offset


def _retire_unused(context: AdaptationContext, snapshot: Snapshot, request: Request) -> Answer:
    """Retire an episode whose detector decides nothing."""
    with context.unit(reads_only=True) as unit:
        episode = unit.episodes.find_with_status(request.name, WAITING, SHADOW, DRAFT)
    if episode is None or episode.detector_id is None:
        live = ", ".join(snapshot.in_force(Kind.DETECTOR)) or "none"
        raise RequestRefused(f"no live detector or episode is named {request.name!r}; live are: {live}")
    offset = None
    if episode.detector_id in snapshot.in_force(Kind.SHADOW):
        reason = request.reason or "retired"
        change = Change(Kind.SHADOW, episode.detector_id, request.author, reason, {}, {}, retired=True)
        offset = context.announcer.announce(change).offset
    note_retired(context, request, episode.detector_id, offset)
    return Answer(request.request_id, RETIRED, f"episode {episode.name!r} is retired", control_offset=offset)
