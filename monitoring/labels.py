"""Alarms on labels: a source stopped labelling, or the precision of alerts fell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from meta.intervals import Z999, wilson
from monitoring.change_detection import detect_changes
from monitoring.findings import Finding
from monitoring.periods import DAY_S
from monitoring.traffic_counts import HOUR_S

USUAL_S = 28 * DAY_S
"""The usual pause of a source is measured over this time."""
ENOUGH_LABELS, ENOUGH_S = 20, 7 * DAY_S
"""Labels, and seconds between the first and the last, that a usual pause needs; a week has all nights."""
PAUSE_TIMES, PAUSE_AT_LEAST_S = 1.5, 6 * HOUR_S
LAST_DECIDED = 50
"""Precision is measured over this many decisions; a precision of 0.5 is then known to 0.37 to 0.63."""
DECIDED_BEFORE = 150
"""Decisions needed before those, to compare with."""


def find_silence(times: Mapping[str, Sequence[float]], now: float) -> Finding | None:
    """Find sources whose current pause is over 1.5 times their longest pause of the last four weeks.

    A pause under 6 hours never counts. Sources with fewer than 20 labels, or labels over less than a week,
    have no usual pause and are skipped.

    Args:
        times: times of the labels of each source, ascending, seconds since 1970.
        now: the current time in the same clock.

    Returns:
        One finding that names every silent source, or None.
    """
    silent = {}
    for source, all_times in times.items():
        recent = [at for at in all_times if at >= now - USUAL_S]
        if len(recent) < ENOUGH_LABELS or recent[-1] - recent[0] < ENOUGH_S:
            continue
        usual = max(PAUSE_TIMES * float(np.max(np.diff(recent))), PAUSE_AT_LEAST_S)
        if (pause := now - recent[-1]) > usual:
            silent[source] = {"hours": pause / HOUR_S, "usual_at_most": usual / HOUR_S}
    if not silent:
        return None
    worst = max(one["hours"] / one["usual_at_most"] for one in silent.values())
    return Finding("labels_silent", tuple(silent), worst, 1.0, silent)


def find_precision_fall(decided: Sequence[bool]) -> Finding | None:
    """Find a fall of precision among the last 50 decided alerts.

    Either ADWIN detects it, or the precision before lies above the 99.9% interval of the last 50. The
    interval shows a sudden fall sooner.

    Args:
        decided: whether each judged alert was confirmed, in the order of the decisions.

    Returns:
        The finding, or None; also None with fewer than 200 decisions.
    """
    if len(decided) < DECIDED_BEFORE + LAST_DECIDED:
        return None
    last, earlier = decided[-LAST_DECIDED:], decided[:-LAST_DECIDED]
    now, before = float(np.mean(last)), float(np.mean(earlier))
    _, high = wilson(sum(last), len(last), Z999)
    seen = any(
        change.seen_at >= len(earlier) and change.after < change.before for change in detect_changes(decided)
    )
    if now >= before or (high >= before and not seen):
        return None
    return Finding(
        "precision_fall", ("alerts",), now, before, {"now": now, "before": before, "by_adwin": seen}
    )
