"""Restores the version of a control entry before its last change; steps as in `retiring`."""

from __future__ import annotations

from adaptation.context import AdaptationContext
from adaptation.flag_steps import FlagStep
from adaptation.going_live.result import PendingChange
from adaptation.intake.checks import RequestRefused
from adaptation.upkeep.own_entry import REQUEST, own_entry
from adaptation.upkeep.retiring import names, note_retired, retirement
from contracts.request import Request
from control.applied import Applied
from control.change import Change
from control.entry import Kind
from control.history import snapshot_of
from control.learning import JOINT
from control.rules import ALLOWED
from control.snapshot import Snapshot
from storage.episodes import LIVE

THRESHOLD = "threshold"
JOINT_KEY = f"{Kind.THRESHOLD}/{JOINT}".encode()


def roll_back(context: AdaptationContext, request: Request, asked_at: float) -> PendingChange:
    """Restore what was in force before the last change of the control entry `kind/id`.

    Args:
        context: database, control log, prepared calibration, standing policy.
        request: names the entry.
        asked_at: when the request reached the broker, seconds since 1970-01-01 UTC.

    Returns:
        The change whose acknowledgements are awaited.

    Raises:
        RequestRefused: there is no such entry, or the recorder has not stored the history this far.
    """
    snapshot = context.announcer.refresh()
    done = own_entry(snapshot, request)
    if done is not None:
        return PendingChange(request.request_id, done.offset, asked_at)
    current = snapshot.applied.get(request.name.encode())
    if current is None:
        known = ", ".join(sorted(key.decode() for key in snapshot.applied)) or "none"
        raise RequestRefused(f"no control entry {request.name!r}; there are: {known}")
    before = _before(context, current)
    change = _change_back(context, snapshot, before, current, request)
    offset = context.announcer.announce(change, *_calibration_back(before, change, current, request)).offset
    context.after(FlagStep.ANNOUNCED)
    if current.entry.kind is Kind.DETECTOR and change.retired:
        note_retired(context, request, current.entry.id, offset)
    else:
        _note(context, request, current, offset)
    return PendingChange(request.request_id, offset, asked_at)


def _change_back(
    context: AdaptationContext, snapshot: Snapshot, before: Snapshot, current: Applied, request: Request
) -> Change:
    """The entry of the same key before `current`, with the threshold of then if none was set since.

    A base always comes back with the threshold of then: a later one was fitted to the base that goes.
    """
    earlier = before.applied.get(current.entry.key)
    gone = earlier is None or earlier.entry.retired
    is_last = current.entry.kind is Kind.BASE or current.place >= _last_threshold(snapshot)
    if gone and current.entry.kind is Kind.DETECTOR and not is_last:
        return retirement(snapshot, current, request, context.budget)
    values = dict(earlier.entry.values) if earlier else names(current)
    values[REQUEST] = request.request_id
    if current.entry.kind not in (*ALLOWED, Kind.RULE, Kind.POLICY):
        # Rules and policy change no threshold; everything else comes back with the threshold that fits it.
        threshold = before.threshold if is_last else snapshot.threshold
        values |= {} if threshold is None else {THRESHOLD: threshold}
    return Change(
        current.entry.kind,
        current.entry.id,
        request.author,
        request.reason or f"rolled back from control offset {current.offset}",
        earlier.entry.parts if earlier else {},
        values,
        earlier.entry.parent if earlier else current.entry.parent,
        retired=gone,
    )


def _calibration_back(before: Snapshot, change: Change, current: Applied, request: Request) -> list[Change]:
    """The calibration of then for a base that `change` restores, if it had been fitted to traffic."""
    earlier = before.applied.get(JOINT_KEY)
    if change.kind is not Kind.BASE or earlier is None or earlier.entry.retired:
        return []
    reason = f"the calibration of the restored base, rolled back from {current.offset}"
    parent = change.entry(sequence=0, time=0.0).content_hash
    values, parts = dict(earlier.entry.values), earlier.entry.parts
    return [Change(Kind.THRESHOLD, JOINT, request.author, reason, parts, values, parent)]


def _before(context: AdaptationContext, current: Applied) -> Snapshot:
    """Everything in force just before `current`."""
    with context.unit(reads_only=True) as unit:
        # An entry that was signed again is no change: what it repeats is taken back.
        entries = unit.control.up_to(current.place)
    if not entries or entries[-1].control_offset < current.place:
        raise RequestRefused(
            "the history of the control log is not recorded this far; is a recorder running?"
        )
    return snapshot_of(entries[:-1], context.announcer.key)


def _last_threshold(snapshot: Snapshot) -> int:
    """Offset of the last entry that set the joint threshold."""
    return max((a.place for a in snapshot.applied.values() if THRESHOLD in a.entry.values), default=-1)


def _note(context: AdaptationContext, request: Request, current: Applied, offset: int) -> None:
    """Note who rolled back what; a restored detector is live again."""
    with context.unit() as unit:
        if current.entry.kind is Kind.DETECTOR:
            episode = unit.episodes.of_detector(current.entry.id)
            row = unit.detectors.get(current.entry.id)
            for one in (episode, row):
                if one is not None:
                    one.status = LIVE
        details = {"request": request.request_id, "control_offset": offset, "reason": request.reason}
        unit.audit.append(
            request.author, request.kind, subject=current.entry.id, time=context.clock(), details=details
        )
        unit.commit()
