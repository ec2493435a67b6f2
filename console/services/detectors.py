"""Detectors and bases: what is in force, on trial, a draft or retired, and what each has brought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from console.context import ConsoleContext
from console.errors import NotFound
from console.results.detectors import DetectorList, DetectorSummary
from console.services.bases import all_bases, bases_now, with_training
from console.services.detector_rows import BASE, came_to, trial_row
from storage import UnitOfWork
from storage.alert_queue import AlertCounts
from storage.detectors import DetectorRow as StoredDetector
from storage.episodes import ANNOUNCED, DRAFT, LIVE, RETIRED, SHADOW, WAITING
from storage.shadow_alerts import Trial

_STATE = {ANNOUNCED: LIVE, WAITING: DRAFT}
"""Pages know four states; what waits for a person is shown among the drafts."""


def list_detectors(context: ConsoleContext) -> DetectorList:
    """Bases and detectors of every state; alerts of the base in force are those of all bases."""
    with context.unit(reads_only=True) as unit:
        rows = _all(unit)
    order = (LIVE, SHADOW, DRAFT, RETIRED)
    rows.sort(key=lambda row: (order.index(row.status), row.kind != BASE, -row.created_at))
    return DetectorList(len(rows), rows)


def list_bases(context: ConsoleContext) -> DetectorList:
    """Every base that has been in force, the newest first; alerts are those of its own time in force."""
    with context.unit(reads_only=True) as unit:
        rows = _bases(context, unit)
    return DetectorList(len(rows), rows)


def one_detector(context: ConsoleContext, detector_id: str) -> DetectorSummary:
    """One detector or base, an earlier base too. Raises NotFound."""
    with context.unit(reads_only=True) as unit:
        return detectors_by_id(context, unit, {"id": detector_id})[0]


def detectors_by_id(
    context: ConsoleContext, unit: UnitOfWork, wanted: Mapping[str, str]
) -> list[DetectorSummary]:
    """Those of the ids in `wanted`, by what each is called in an error. Raises NotFound."""
    rows = {row.id: row for row in _all(unit)}
    if any(one not in rows or rows[one].kind == BASE for one in wanted.values()):
        rows |= {row.id: row for row in _bases(context, unit)}
    for where, one in wanted.items():
        if one not in rows:
            raise NotFound(f"no detector or base {one!r}", where=where)
    found = [rows[one] for one in wanted.values()]
    return [with_training(context, unit, row) if _on_trial(row) else row for row in found]


def _bases(context: ConsoleContext, unit: UnitOfWork) -> list[DetectorSummary]:
    return all_bases(context, unit, 1.0 / _whole(_weights(_stored(unit))))


def _on_trial(row: DetectorSummary) -> bool:
    return row.kind == BASE and row.status == SHADOW


def _all(unit: UnitOfWork) -> list[DetectorSummary]:
    tallies, trials = unit.queue.counts_by_scorer(), unit.shadow_alerts.trials()
    stored = _stored(unit)
    weights = _weights(stored)
    whole = _whole(weights)
    detectors = [
        _detector(unit, one, tallies.get(one.id, AlertCounts()), trials.get(one.id), weights, whole)
        for one in stored
    ]
    return [*bases_now(unit, tallies.get(BASE, AlertCounts()), trials, 1.0 / whole), *detectors]


def _stored(unit: UnitOfWork) -> list[StoredDetector]:
    return unit.detectors.with_status(LIVE, ANNOUNCED, SHADOW, WAITING, DRAFT, RETIRED)


def _weights(stored: Sequence[StoredDetector]) -> dict[str, float]:
    """Of what is in force beside the base, by id."""
    return {one.id: 10.0 ** float(one.gate.get("shift", 0.0)) for one in stored if _state(one) == LIVE}


def _whole(weights: dict[str, float]) -> float:
    return 1.0 + sum(weights.values())  # the base has a weight of 1


def _state(one: StoredDetector) -> str:
    return _STATE.get(one.status, one.status)


def _detector(
    unit: UnitOfWork,
    one: StoredDetector,
    tally: AlertCounts,
    trial: Trial | None,
    weights: dict[str, float],
    whole: float,
) -> DetectorSummary:
    episode = unit.episodes.get(one.episode_id)
    assert episode is not None  # a foreign key
    return DetectorSummary(
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
        trial=trial_row(trial),
        gate={name: value for name, value in one.gate.items() if name != "notes"},
        **came_to(tally),
    )
