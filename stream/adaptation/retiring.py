"""Takes a detector out of force, or puts back what stood before a change.

1. The change is announced; 2. the database is told. A stop between the two is mended by the repeated
request, which finds its own entry in force and goes on with 2.
"""

from __future__ import annotations

from storage.episodes import RETIRED
from stream.adaptation.awaiting import Awaiting
from stream.adaptation.desk import Desk, Step
from stream.adaptation.feedback import Request
from stream.adaptation.intake import RequestRefused
from stream.adaptation.threshold import first_threshold, threshold_without
from stream.control.change import Change
from stream.control.entry import Kind
from stream.control.history import snapshot_of
from stream.control.snapshot import Applied, Snapshot

REQUEST = "request_id"
"""Under which an entry names the request that it came from."""


def retire(desk: Desk, request: Request, began: float) -> Awaiting:
    """Retire the live detector whose id or episode's name is the request's name. Raises RequestRefused."""
    snapshot = desk.announcer.refresh()
    done = _own_entry(snapshot, request)
    applied = done or _live_detector(snapshot, request.name)
    if done is None:
        offset = desk.announcer.announce(_retirement(snapshot, applied, request, desk.budget)).offset
    else:
        offset = done.offset
    desk.after(Step.ANNOUNCED)
    _note_retired(desk, request, applied.entry.id, offset)
    return Awaiting(request.request_id, offset, began, detector_id=applied.entry.id)


def roll_back(desk: Desk, request: Request, began: float) -> Awaiting:
    """Put back what stood before the last change of the control entry `kind/id`. Raises RequestRefused."""
    snapshot = desk.announcer.refresh()
    done = _own_entry(snapshot, request)
    if done is not None:
        return Awaiting(request.request_id, done.offset, began)
    current = snapshot.applied.get(request.name.encode())
    if current is None:
        known = ", ".join(sorted(key.decode() for key in snapshot.applied)) or "none"
        raise RequestRefused(f"no control entry {request.name!r}; there are: {known}")
    change = _change_back(desk, snapshot, current, request)
    offset = desk.announcer.announce(change).offset
    desk.after(Step.ANNOUNCED)
    if current.entry.kind is Kind.DETECTOR and change.retired:
        _note_retired(desk, request, current.entry.id, offset)
    else:
        _audit(desk, request, current.entry.id, offset)
    return Awaiting(request.request_id, offset, began)


def _own_entry(snapshot: Snapshot, request: Request) -> Applied | None:
    """The entry that an earlier try of this request announced."""
    mine = (a for a in snapshot.applied.values() if a.entry.values.get(REQUEST) == request.request_id)
    return next(mine, None)


def _live_detector(snapshot: Snapshot, name: str) -> Applied:
    detectors = snapshot.in_force(Kind.DETECTOR)
    for identity, applied in detectors.items():
        if name in (identity, applied.entry.values.get("episode")):
            return applied
    live = ", ".join(detectors) or "none"
    raise RequestRefused(f"no live detector or episode is named {name!r}; live are: {live}")


def _retirement(snapshot: Snapshot, applied: Applied, request: Request, budget: float) -> Change:
    in_force = first_threshold(budget) if snapshot.threshold is None else snapshot.threshold
    live = len(snapshot.in_force(Kind.DETECTOR))
    threshold = threshold_without(in_force=in_force, budget=budget, detectors=live)
    return Change(
        Kind.DETECTOR,
        applied.entry.id,
        request.author,
        request.reason or "retired",
        {},
        {**_names(applied), "threshold": threshold, REQUEST: request.request_id},
        applied.entry.parent,
        retired=True,
    )


def _change_back(desk: Desk, snapshot: Snapshot, current: Applied, request: Request) -> Change:
    """The content of the key's entry before `current`, with the threshold of then if nothing came between."""
    with desk.unit(reads_only=True) as unit:
        entries = unit.control.up_to(current.offset - 1)
        recorded = unit.control.up_to(current.offset)
    if len(recorded) == len(entries):
        raise RequestRefused(
            "the history of the control log is not recorded this far; is a recorder running?"
        )
    before = snapshot_of(entries, desk.announcer.key)
    earlier = before.applied.get(current.entry.key)
    if (earlier is None or earlier.entry.retired) and snapshot.offset != current.offset:
        return _retirement(snapshot, current, request, desk.budget)
    values = dict(earlier.entry.values) if earlier else dict(_names(current))
    threshold = before.threshold if snapshot.offset == current.offset else snapshot.threshold
    values |= {REQUEST: request.request_id} | ({} if threshold is None else {"threshold": threshold})
    return Change(
        current.entry.kind,
        current.entry.id,
        request.author,
        request.reason or f"rolled back from control offset {current.offset}",
        earlier.entry.parts if earlier else {},
        values,
        earlier.entry.parent if earlier else current.entry.parent,
        retired=earlier is None or earlier.entry.retired,
    )


def _names(applied: Applied) -> dict[str, object]:
    return {
        name: applied.entry.values[name] for name in ("episode", "episode_id") if name in applied.entry.values
    }


def _note_retired(desk: Desk, request: Request, detector_id: str, offset: int) -> None:
    with desk.unit() as unit:
        row = unit.detectors.get(detector_id)
        episode = unit.episodes.of_detector(detector_id)
        if row is not None:
            row.status = RETIRED
        if episode is not None:
            episode.status, episode.reason = RETIRED, request.reason or f"retired by {request.author}"
        unit.audit.append(
            request.author,
            request.kind,
            subject=detector_id,
            time=desk.clock(),
            details={"request": request.request_id, "control_offset": offset, "reason": request.reason},
        )
        unit.commit()


def _audit(desk: Desk, request: Request, subject: str, offset: int) -> None:
    with desk.unit() as unit:
        details = {"request": request.request_id, "control_offset": offset, "reason": request.reason}
        unit.audit.append(request.author, request.kind, subject=subject, time=desk.clock(), details=details)
        unit.commit()
