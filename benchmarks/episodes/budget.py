"""What 1, 10 and 50 live detectors alert on traffic that no calibration has seen, by the budget."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.offline import Featuriser
from features.schema import TransactionSchema
from meta.adapters.evidence import Evidence
from meta.artifacts import Artifacts
from meta.calibration import Tails, joint_threshold
from meta.gate import Limits, judge
from meta.reservoir import Reservoir
from meta.stack import ScoringStack
from meta.support import Support
from simulate.patterns import HELD_OUT, KNOWN
from simulate.traffic import Traffic

DETECTORS = (1, 10, 50)
BUDGET = 0.001
FLAGGED = 5
RESERVOIR, BACKGROUND = 50_000, 2_048
COLD_DAYS, CALIBRATION_DAYS, FRESH_DAYS = 7.0, 7.0, 14.0
CARDS, MERCHANTS = 5_000, 800
"""A third of the demo's people: about as many payments a day, in a third of the time to draw them."""


def measure(seed: int = 11) -> dict[str, Any]:
    """Realised rate by budget for each number of detectors, and the recall of known fraud that they cost."""
    schema = TransactionSchema()
    features, family, day = _traffic(schema, seed)
    warm = day >= COLD_DAYS
    past = warm & (day < COLD_DAYS + CALIBRATION_DAYS)
    fresh = day >= COLD_DAYS + CALIBRATION_DAYS
    artifacts = Artifacts.load()
    random = np.random.default_rng(seed)
    usual = features[past & (family == "")]
    usual = usual[random.permutation(len(usual))[:RESERVOIR]]
    reservoir = Reservoir(usual, artifacts.base, Tails.fit(artifacts.base.score(usual)))
    unseen, known = features[fresh & (family == "")], features[fresh & np.isin(family, list(KNOWN))]
    stack = ScoringStack(artifacts.base, reservoir.base_tails)
    threshold = joint_threshold(stack.surprises(usual), stack.shifts, BUDGET)
    alone = float(np.mean(stack.score(known)[0] > threshold))
    rates: dict[str, float] = {}
    losses: dict[str, float] = {}
    taken = tried = 0
    families = [*HELD_OUT, *KNOWN]
    for attempt in range(4 * max(DETECTORS)):
        rows = features[past & (family == families[attempt % len(families)])]
        if len(rows) < FLAGGED:
            continue
        tried += 1
        flagged = rows[random.choice(len(rows), FLAGGED, replace=False)]
        verdict = judge(
            stack, Evidence(artifacts.evidence), Support(flagged),
            usual[:BACKGROUND], reservoir, {"past fraud": artifacts.past}, seed=attempt,
            limits=Limits(budget=BUDGET),
        )  # fmt: skip
        if not verdict.passed:
            continue
        stack, threshold, taken = (
            stack.replaced((*stack.detectors, verdict.live)),
            verdict.threshold,
            taken + 1,
        )
        if taken in DETECTORS:
            rates[str(taken)] = float(np.mean(stack.score(unseen)[0] > threshold)) / BUDGET
            losses[str(taken)] = alone - float(np.mean(stack.score(known)[0] > threshold))
        if taken == max(DETECTORS):
            break
    return {
        "alert_rate_over_budget": {str(n): rates.get(str(n)) for n in DETECTORS},
        "base_recall_lost": losses,
        "unseen_genuine": len(unseen),
        "episodes_tried": tried,
    }


def _traffic(
    schema: TransactionSchema, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.str_], NDArray[np.float64]]:
    """Features (n, d), families of fraud, empty for genuine, and days since the beginning."""
    featuriser, start = Featuriser(schema), 1_700_000_000.0
    parts, families, days = [], [], []
    total = COLD_DAYS + CALIBRATION_DAYS + FRESH_DAYS
    for chunk in Traffic(seed, CARDS, MERCHANTS).history(start, total, (*KNOWN, *HELD_OUT)):
        columns = chunk.features_columns(schema)
        parts.append(featuriser.features(columns))
        families.append(np.asarray(chunk.family, dtype=np.str_))
        days.append((columns.time - start) / 86_400.0)
    return np.concatenate(parts), np.concatenate(families), np.concatenate(days)
