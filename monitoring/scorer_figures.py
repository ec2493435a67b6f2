"""Figures of the busiest scorers by id, and of all others together: the number of series stays bounded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from monitoring.labels import LAST_DECIDED
from storage.alerts import CONFIRMED
from storage.outcomes import AlertOutcome

TOP = 20
"""Scorers with figures of their own; a thousand detectors must not become a thousand time series."""
OTHER = "other"


@dataclass(frozen=True)
class ScorerFigures:
    """Figures of one scorer."""

    alerts: int
    """Alerts of the last day."""
    decided: int
    """Judged alerts that precision is measured on, at most the last 50."""
    confirmed: int
    """Confirmed ones among them."""

    @property
    def precision(self) -> float | None:
        """Share of the judged alerts that were confirmed; None before any is judged."""
        return self.confirmed / self.decided if self.decided else None


def figures_by_scorer(
    day: Sequence[AlertOutcome], decided: Sequence[AlertOutcome]
) -> dict[str, ScorerFigures]:
    """Compute the figures of the `TOP` scorers with most alerts by id, and of the others as `other`.

    Args:
        day: alerts of the last day.
        decided: judged alerts, in the order of their verdicts.

    Returns:
        Figures by scorer id.
    """
    alerts = capped(Counter(alert.scorer for alert in day))
    last: dict[str, list[bool]] = {}
    for alert in decided:
        name = alert.scorer if alert.scorer in alerts else OTHER
        last.setdefault(name, []).append(alert.status == CONFIRMED)
    found = {}
    for name in {*alerts, *last}:
        judged = last.get(name, [])[-LAST_DECIDED:]
        found[name] = ScorerFigures(int(alerts.get(name, 0)), len(judged), sum(judged))
    return found


def capped(counts: Mapping[str, float], top: int = TOP) -> dict[str, float]:
    """Keep the largest counts, and add up the rest as `other`; ties go by name.

    Args:
        counts: counts by name.
        top: number of counts to keep.

    Returns:
        The counts kept, the largest first, and `other` if any were added up.

    Example:
        >>> capped({"a": 5, "b": 1, "c": 2}, top=1)
        {'a': 5, 'other': 3}
    """
    ordered = sorted(counts, key=lambda name: (-counts[name], name))
    kept = {name: counts[name] for name in ordered[:top]}
    rest = sum(counts[name] for name in ordered[top:])
    return {**kept, OTHER: rest} if len(ordered) > top else kept


def busiest(names: Iterable[str], alerts: Mapping[str, float], top: int = TOP) -> list[str]:
    """Return at most `top` of `names`, those with most alerts first."""
    return sorted(names, key=lambda name: (-alerts.get(name, 0.0), name))[:top]
