"""Metrics of the adaptation worker."""

from prometheus_client import Counter, Gauge, Histogram

from contracts.metrics.buckets import SECONDS
from contracts.metrics.first_samples import begin_at_zero

EPISODES = Counter("flagfive_episodes_total", "Episodes by their status after adaptation.", ["status"])
ADAPT_SECONDS = Histogram(
    "flagfive_adapt_seconds", "Seconds to adapt a detector to an episode.", ["adapter"], buckets=SECONDS
)
ADAPT_STEP_SECONDS = Histogram(
    "flagfive_adapt_step_seconds",
    "Seconds from the arrival of a flag at the adaptation worker to the end of a step.",
    ["step"],
    buckets=SECONDS,
)
GATE = Counter(
    "flagfive_gate_total",
    "Detectors judged by the gate, by outcome; a detector that fails several checks counts for each.",
    ["outcome"],
)
FLAG_TO_LIVE_SECONDS = Histogram(
    "flagfive_flag_to_live_seconds",
    "Seconds from the arrival of a flag until its detector scores on every partition.",
    buckets=SECONDS,
)
RESERVOIR_ROWS = Gauge(
    "flagfive_reservoir_rows", "Recent genuine transactions that detectors are calibrated on."
)
BUDGET = Gauge(
    "flagfive_budget_share", "Share of genuine traffic that may be alerted now, 0 to 1; a surge is included."
)
THRESHOLD = Gauge("flagfive_threshold_surprise", "Surprise over which a transaction is alerted.")
AIMED_SHARE = Gauge(
    "flagfive_aimed_share",
    "Share of genuine traffic that the threshold aims at, to end the day on the budget.",
)
FALSE_ALARMS = Gauge(
    "flagfive_period_false_alarms",
    "False alarms of this day (while learning, of this hour): judged ones, and unjudged ones by probability.",
)
FIXED_SHARE = Gauge(
    "flagfive_budget_fixed_share",
    "Part of the budget that written rules, lists and segments with own bounds are expected to use; 1: all.",
)
MODELS_AT_FLOOR = Gauge(
    "flagfive_budget_models_at_floor",
    "1 while rules, lists and segments leave the models only budget.models_least of the budget.",
)
LEARNING = Gauge(
    "flagfive_learning",
    "1 while the base is not fitted to live traffic yet and the budget holds by the hour.",
)
LEARNING_PROGRESS = Gauge(
    "flagfive_learning_progress_share",
    "Stored traffic as a share of what the calibration needs that ends learning, 0 to 1; 1 after it.",
)
LIST_ADDITIONS = Counter(
    "flagfive_list_additions_total",
    "Entities that written rules would add to named lists, by outcome: added, repeated (already there), "
    "outdated (the rule or the list has changed), refused (too many wait, the list is full, no usable id).",
    ["outcome"],
)
LIST_ADDITIONS_WAITING = Gauge(
    "flagfive_list_additions_waiting_entities",
    "Entities that wait for a place on a named list: rules may add lists.added_a_minute to each list.",
)

begin_at_zero(LIST_ADDITIONS, "added", "repeated", "outdated", "refused")
begin_at_zero(GATE, "passed", "budget", "flags", "replay", "alerts")
