"""Bases in force, on trial and earlier, with counts of their alerts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from console.context import ConsoleContext
from console.results.detectors import DetectorSummary, InForce
from console.services.base_artifacts import BaseArtifacts
from console.services.detector_rows import BASE, alert_counts, trial_row
from control.entry import Kind
from storage import UnitOfWork
from storage.alert_queue import AlertCounts
from storage.control_entries import ControlEntry
from storage.episodes import LIVE, RETIRED, SHADOW
from storage.shadow_alerts import Trial


@dataclass(frozen=True)
class PeriodInForce:
    """A period in force of a base: its entry, the change that began the period, and the one that ended it.

    A period begins with the base's own entry, or with the retirement of a newer base with another id.
    """

    entry: ControlEntry
    came_by: ControlEntry
    ended_by: ControlEntry | None = None

    @property
    def id(self) -> str:
        """The id of the entry while in force, as scorers use it; earlier periods add their start offset."""
        own = self.entry.entry_id
        return own if self.ended_by is None else f"{own}@{self.came_by.control_offset}"

    def holds(self, control_offset: int) -> bool:
        """Whether this base scored under a control offset."""
        end = self.ended_by
        return self.came_by.control_offset <= control_offset and (
            end is None or control_offset < end.control_offset
        )


def periods_in_force(entries: Iterable[ControlEntry]) -> list[PeriodInForce]:
    """Return the periods in force of all bases, earliest first.

    As in workers, the base announced last is in force, and a replayed older entry changes nothing.

    Args:
        entries: entries of kind base, in the order of the control log.
    """
    standing: dict[str, ControlEntry] = {}
    periods: list[PeriodInForce] = []
    for entry in entries:
        before = standing.get(entry.entry_id)
        if before is not None and entry.sequence <= before.sequence:
            continue
        standing[entry.entry_id] = entry
        left = (one for one in standing.values() if not one.retired)
        newest = max(left, key=lambda one: one.control_offset, default=None)
        if periods and periods[-1].ended_by is None:
            if periods[-1].entry is newest:
                continue
            periods[-1] = replace(periods[-1], ended_by=entry)
        if newest is not None:
            periods.append(PeriodInForce(newest, entry))
    return periods


def bases_now(
    unit: UnitOfWork, tally: AlertCounts, trials: dict[str, Trial], share: float
) -> list[DetectorSummary]:
    """Return the base in force and those on trial; `tally` counts the alerts of all bases together."""
    last = periods_in_force(unit.control.of_kind(Kind.BASE))[-1:]
    rows = [_row(one.entry, one.id, LIVE, tally, share=share) for one in last if one.ended_by is None]
    on_trial = {entry.entry_id: entry for entry in unit.control.of_kind(Kind.SHADOW)}
    return rows + [
        replace(
            _row(entry, entry.entry_id, SHADOW, AlertCounts()), trial=trial_row(trials.get(entry.entry_id))
        )
        for entry in sorted(on_trial.values(), key=lambda entry: -entry.control_offset)
        if not entry.retired and unit.detectors.get(entry.entry_id) is None
    ]


def all_bases(context: ConsoleContext, unit: UnitOfWork, share: float) -> list[DetectorSummary]:
    """Return every base that has been in force, newest first, with its period, own alerts and training."""
    periods = periods_in_force(unit.control.of_kind(Kind.BASE))
    artifacts, tallies = BaseArtifacts(context, unit), _tallies(unit, periods)
    last = (periods[-1].ended_by or periods[-1].came_by) if periods else None
    rows = []
    for period, tally in zip(periods, tallies, strict=True):
        state, own = (LIVE, share) if period.ended_by is None else (RETIRED, None)
        row = _row(period.entry, period.id, state, tally, share=own)
        training = artifacts.training(period.entry)
        rows.append(replace(row, in_force=_in_force(period, last, artifacts), training=training))
    return rows[::-1]


def with_training(context: ConsoleContext, unit: UnitOfWork, row: DetectorSummary) -> DetectorSummary:
    """Add the training to the summary of a base on trial."""
    entry = None if row.control_offset is None else unit.control.get(row.control_offset)
    return row if entry is None else replace(row, training=BaseArtifacts(context, unit).training(entry))


def _in_force(period: PeriodInForce, last: ControlEntry | None, artifacts: BaseArtifacts) -> InForce:
    begin, end = period.came_by, period.ended_by
    return InForce(
        began_at=begin.time,
        ended_at=end.time if end else None,
        from_offset=begin.control_offset,
        to_offset=end.control_offset if end else None,
        replaced_by=end.author if end else "",
        why_replaced=end.reason if end else "",
        threshold=artifacts.threshold(begin.control_offset, end.control_offset if end else None),
        rollback_offset=end.control_offset if end is not None and end is last else None,
    )


def _tallies(unit: UnitOfWork, periods: Sequence[PeriodInForce]) -> list[AlertCounts]:
    """Counts of alerts by period."""
    if len(periods) < 2:
        return [unit.queue.counts_by_scorer().get(BASE, AlertCounts()) for _ in periods]
    by_offset = unit.queue.counts_by_control_offset(BASE)
    return [sum((t for at, t in by_offset.items() if period.holds(at)), AlertCounts()) for period in periods]


def _row(
    entry: ControlEntry, identity: str, status: str, tally: AlertCounts, *, share: float | None = None
) -> DetectorSummary:
    return DetectorSummary(
        id=identity,
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
        trial=None,
        gate={},
        **alert_counts(tally),
    )
