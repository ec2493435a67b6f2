"""The business view, as the monitor stored it last."""

from __future__ import annotations

import msgspec

from console.results.monitoring import BusinessSummary, ScorerMoneyRow, SegmentRow
from contracts.business_view import KIND, BusinessView, ScorerMoney, SegmentFigures
from storage import UnitOfWork


def business_summary(unit: UnitOfWork, days: int) -> BusinessSummary | None:
    """Return the view of the last `days` days, 30 or 90; None until the monitor has measured it."""
    stored = unit.measurements.of_kind(KIND, subject=str(days))
    if not stored:
        return None
    view = msgspec.convert(stored[-1].details, BusinessView)
    return BusinessSummary(
        period_days=days,
        since=view.since,
        until=view.until,
        days=view.days,
        segments=[_segment(name, one) for name, one in view.segments.items()],
        scorers=[_scorer(name, one) for name, one in view.scorers.items()],
        together=_scorer("all", view.together),
        psd2_limit=view.psd2_limit,
        vamp_ratio=view.vamp_ratio,
        vamp_level=view.vamp_level,
        review_s=view.review_s,
        waiting=view.waiting,
        oldest_s=view.oldest_s,
        median_s=view.median_s,
    )


def _segment(name: str, one: SegmentFigures) -> SegmentRow:
    return SegmentRow(
        segment=name,
        rate_by_value=one.rate_by_value,
        rate_by_count=one.rate_by_count,
        **msgspec.structs.asdict(one),
    )


def _scorer(name: str, one: ScorerMoney) -> ScorerMoneyRow:
    return ScorerMoneyRow(
        scorer=name,
        unjudged=one.unjudged,
        false_positive_ratio=one.false_positive_ratio,
        **msgspec.structs.asdict(one),
    )
