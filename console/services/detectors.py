"""Detectors and bases of every state, with counts of their alerts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from console.context import ConsoleContext
from console.errors import NotFound
from console.results.detectors import DetectorList, DetectorSummary
from console.services.bases import all_bases, bases_now, with_training
from console.services.detector_rows import BASE, alert_counts, trial_row
from storage import UnitOfWork
from storage.alert_queue import AlertCounts
from storage.detectors import DetectorRow as StoredDetector
from storage.episodes import ANNOUNCED, DRAFT, LIVE, RETIRED, SHADOW, WAITING
from storage.shadow_alerts import Trial

_STATE = {ANNOUNCED: LIVE, WAITING: DRAFT}
"""Pages show four states; detectors that wait for approval are shown as drafts."""


def list_detectors(context: ConsoleContext) -> DetectorList:
    """Return bases and detectors; alerts of the current base include those of earlier bases."""
    with context.unit(reads_only=True) as unit:
        rows = _all(unit)
    order = (LIVE, SHADOW, DRAFT, RETIRED)
    rows.sort(key=lambda row: (order.index(row.status), row.kind != BASE, -row.created_at))
    return DetectorList(len(rows), rows)


def list_bases(context: ConsoleContext) -> DetectorList:
    """Return every base that has been in force, newest first, each with the alerts of its own period."""
    with context.unit(reads_only=True) as unit:
        rows = _bases(context, unit)
    return DetectorList(len(rows), rows)


def one_detector(context: ConsoleContext, detector_id: str) -> DetectorSummary:
    """Return one detector or base; earlier bases are included.

    Raises:
        NotFound: it does not exist.
    """
    with context.unit(reads_only=True) as unit:
        return detectors_by_id(context, unit, {"id": detector_id})[0]


def detectors_by_id(
    context: ConsoleContext, unit: UnitOfWork, wanted: Mapping[str, str]
) -> list[DetectorSummary]:
    """Return the detectors of several ids.

    Args:
        context: tools of the console.
        unit: open unit of work.
        wanted: ids by the name of the field that holds them, which an error names.

    Raises:
        NotFound: one does not exist.
    """
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
    """Budget weights of live detectors by id, relative to the base."""
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
        **alert_counts(tally),
    )
