"""Labels as they come: are they still coming, and are alerts still right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from monitoring.change import changes
from monitoring.findings import DAY_S, Finding
from monitoring.hours import HOUR_S
from monitoring.intervals import Z999, wilson

USUAL_S = 28 * DAY_S
"""How far back the pauses of a source are looked at."""
ENOUGH_LABELS, ENOUGH_S = 20, 7 * DAY_S
"""So many labels over so long a time tell what pause is usual; a week has its nights and its weekend."""
PAUSE_TIMES, PAUSE_AT_LEAST_S = 1.5, 6 * HOUR_S
LAST_DECIDED = 50
"""Over so many decisions precision is told; fewer say little (0.5 is then 0.37 to 0.63)."""
DECIDED_BEFORE = 150
"""So many must have been decided before those for a fall to be one."""


def find_silence(times: Mapping[str, Sequence[float]], now: float) -> Finding | None:
    """Sources that have not labelled for half as long again as their longest pause of four weeks.

    `times` are those of each source's labels, ascending, in the seconds that `now` is in. A source with few
    labels has no usual pause.
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
    """The alerts decided last are confirmed less often than those before.

    `decided` says of each alert whether it was confirmed, in the order of decision. ADWIN, or the 99.9%
    interval of the last 50: what falls at once shows sooner in the second.
    """
    if len(decided) < DECIDED_BEFORE + LAST_DECIDED:
        return None
    last, earlier = decided[-LAST_DECIDED:], decided[:-LAST_DECIDED]
    now, before = float(np.mean(last)), float(np.mean(earlier))
    _, high = wilson(sum(last), len(last), Z999)
    seen = any(change.seen_at >= len(earlier) and change.after < change.before for change in changes(decided))
    if now >= before or (high >= before and not seen):
        return None
    return Finding(
        "precision_fall", ("alerts",), now, before, {"now": now, "before": before, "by_adwin": seen}
    )
