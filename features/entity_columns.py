"""Positions and names of the features of one entity."""

from __future__ import annotations

from features.windows import WINDOWS

_WINDOWS = len(WINDOWS)

# One column each, then one per window, then those of the primary entity alone.
SINCE_LAST, AGE, MET_LATELY, LOG_MEAN, LOG_COUNT = range(5)
DEVIATION, RATIO, COMMON_FEATURES = range(LOG_COUNT + _WINDOWS, LOG_COUNT + 4 * _WINDOWS, _WINDOWS)
NOVELTY, CATEGORY_COUNT, CATEGORY_RATIO, PRIMARY_FEATURES = range(COMMON_FEATURES, COMMON_FEATURES + 4)

_LONGEST = WINDOWS[-1]


def entity_features(entity: str, *, primary: bool) -> tuple[str, ...]:
    """Return the names of an entity's features, in the order of their columns."""
    names = ["log_seconds_since_last", "log_age_days", "log_partners_1d", f"log_mean_{_LONGEST.name}"]
    for measure in ("log_count", "deviation", "ratio"):
        names += [f"{measure}_{window.name}" for window in WINDOWS]
    if primary:
        names += ["partner_novelty", f"log_category_count_{_LONGEST.name}", f"category_ratio_{_LONGEST.name}"]
    return tuple(f"{entity}_{name}" for name in names)
