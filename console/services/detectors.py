"""Detectors and bases: what is in force, on trial, a draft or retired, and what each has brought."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from console.desk import Desk
from console.errors import NotFound
from storage import UnitOfWork
from storage.alert_queue import Tally
from storage.control_entries import ControlEntry
from storage.detectors import DetectorRow as StoredDetector
from storage.episodes import ANNOUNCED, DRAFT, LIVE, RETIRED, SHADOW, WAITING
from storage.shadow_alerts import Trial
from stream.control.entry import Kind

BASE = "base"
_STATE = {ANNOUNCED: LIVE, WAITING: DRAFT}
"""Pages know four states; what waits for a person is shown among the drafts."""


@dataclass(frozen=True)
class TrialRow:
    """What one on trial would have alerted so far; `new` are those that nothing in force alerted."""

    alerts: int
    new: int
    fraud: int
    genuine: int
    new_amount: float


@dataclass(frozen=True)
class DetectorRow:
    """One detector or base. `share` is its part of the budget, of what is in force; null elsewhere."""

    id: str
    kind: str
    name: str
    episode: str
    status: str
    reason: str
    """Why it is a draft or was retired; empty where there is nothing to explain."""
    author: str
    adapter: str
    created_at: float
    control_offset: int | None
    share: float | None
    alerts: int
    confirmed: int
    rejected: int
    money_held: float
    precision: float | None
    trial: TrialRow | None
    gate: dict[str, Any]
    """What the gate found."""


@dataclass(frozen=True)
class DetectorList:
    """All of them, what is in force first."""

    total: int
    rows: list[DetectorRow]


@dataclass(frozen=True)
class Difference:
    """One thing in which two differ."""

    what: str
    a: Any
    b: Any


@dataclass(frozen=True)
class Comparison:
    """Two side by side."""

    a: DetectorRow
    b: DetectorRow
    differences: list[Difference]


def list_detectors(desk: Desk) -> DetectorList:
    """Bases and detectors of every state."""
    with desk.unit(reads_only=True) as unit:
        rows = _all(unit)
    order = (LIVE, SHADOW, DRAFT, RETIRED)
    rows.sort(key=lambda row: (order.index(row.status), row.kind != BASE, -row.created_at))
    return DetectorList(len(rows), rows)


def one_detector(desk: Desk, detector_id: str) -> DetectorRow:
    """One detector or base. Raises NotFound."""
    with desk.unit(reads_only=True) as unit:
        return _one(_all(unit), detector_id, "id")


def compare(desk: Desk, a: str, b: str) -> Comparison:
    """Two, and in what they differ. Raises NotFound."""
    with desk.unit(reads_only=True) as unit:
        rows = _all(unit)
    first, other = _one(rows, a, "a"), _one(rows, b, "b")
    return Comparison(first, other, _differences(first, other))


def _all(unit: UnitOfWork) -> list[DetectorRow]:
    tallies, trials = unit.queue.tallies(), unit.shadow_alerts.trials()
    stored = unit.detectors.with_status(LIVE, ANNOUNCED, SHADOW, WAITING, DRAFT, RETIRED)
    weights = {one.id: 10.0 ** float(one.gate.get("shift", 0.0)) for one in stored if _state(one) == LIVE}
    whole = 1.0 + sum(weights.values())  # the base has a weight of 1
    detectors = [
        _detector(unit, one, tallies.get(one.id, Tally()), trials.get(one.id), weights, whole)
        for one in stored
    ]
    return [*_bases(unit, tallies.get(BASE, Tally()), trials, whole), *detectors]


def _state(one: StoredDetector) -> str:
    return _STATE.get(one.status, one.status)


def _detector(
    unit: UnitOfWork,
    one: StoredDetector,
    tally: Tally,
    trial: Trial | None,
    weights: dict[str, float],
    whole: float,
) -> DetectorRow:
    episode = unit.episodes.get(one.episode_id)
    assert episode is not None  # a foreign key
    return DetectorRow(
        id=one.id,
        kind="detector",
        name=episode.name,
        episode=episode.id,
        status=_state(one),
        reason=episode.reason or "",
        author=episode.author,
        adapter=one.adapter,
        created_at=one.created_at,
        control_offset=one.control_offset,
        share=weights[one.id] / whole if one.id in weights else None,
        trial=_trial(trial),
        gate={name: value for name, value in one.gate.items() if name != "notes"},
        **_came_to(tally),
    )


def _bases(unit: UnitOfWork, tally: Tally, trials: dict[str, Trial], whole: float) -> list[DetectorRow]:
    """The base announced last is in force; earlier ones are only history."""
    announced = unit.control.page(kind=Kind.BASE, offset=0, limit=1)
    rows = [_base(entry, LIVE, tally, None, 1.0 / whole) for entry in announced if not entry.retired]
    on_trial = {e.entry_id: e for e in reversed(unit.control.page(kind=Kind.SHADOW, offset=0, limit=500))}
    return rows + [
        _base(entry, SHADOW, Tally(), trials.get(entry.entry_id), None)
        for entry in on_trial.values()
        if not entry.retired and unit.detectors.get(entry.entry_id) is None
    ]


def _base(
    entry: ControlEntry, status: str, tally: Tally, trial: Trial | None, share: float | None
) -> DetectorRow:
    return DetectorRow(
        id=entry.entry_id,
        kind=BASE,
        name=f"base {entry.content_hash[:8]}",
        episode="",
        status=status,
        reason=entry.reason,
        author=entry.author,
        adapter="",
        created_at=entry.time,
        control_offset=entry.control_offset,
        share=share,
        trial=_trial(trial),
        gate={},
        **_came_to(tally),
    )


def _came_to(tally: Tally) -> dict[str, Any]:
    return {
        "alerts": tally.alerts,
        "confirmed": tally.confirmed,
        "rejected": tally.rejected,
        "money_held": tally.money_held,
        "precision": tally.precision,
    }


def _trial(trial: Trial | None) -> TrialRow | None:
    if trial is None:
        return None
    return TrialRow(trial.alerts, trial.new, trial.fraud, trial.genuine, trial.new_amount)


def _one(rows: list[DetectorRow], detector_id: str, where: str) -> DetectorRow:
    found = next((row for row in rows if row.id == detector_id), None)
    if found is None:
        raise NotFound(f"no detector or base {detector_id!r}", where=where)
    return found


def _differences(a: DetectorRow, b: DetectorRow) -> list[Difference]:
    plain = [(name, getattr(a, name), getattr(b, name)) for name in vars(a) if name not in ("gate", "trial")]
    gates = [(name, a.gate.get(name), b.gate.get(name)) for name in dict.fromkeys([*a.gate, *b.gate])]
    parts = [vars(one.trial) if one.trial else {} for one in (a, b)]
    trials = [(f"trial: {name}", parts[0].get(name), parts[1].get(name)) for name in {**parts[0], **parts[1]}]
    return [Difference(what, of_a, of_b) for what, of_a, of_b in plain + gates + trials if of_a != of_b]
