"""The product's own choice: which adapter's detector goes before the gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from meta.adapters.protocol import Adapter
from meta.arrays import Floats
from meta.gate import DEFAULT_LIMITS, Limits, Verdict, judge
from meta.reservoir import Reservoir
from meta.stack import ScoringStack
from meta.support import Support


def choose_detector(
    stack: ScoringStack,
    adapters: Sequence[Adapter],
    support: Support,
    background: Floats,
    reservoir: Reservoir,
    replay: Mapping[str, Floats],
    *,
    seed: int,
    limits: Limits = DEFAULT_LIMITS,
) -> Verdict:
    """Return the verdict of the adapter that finds most of the flags when they are left out in turn.

    The first adapter is the default: another must find at least a twentieth of the flags more, because with
    five flags the ruler is coarse.
    """
    verdicts = [
        judge(stack, a, support, background, reservoir, replay, seed=seed, limits=limits) for a in adapters
    ]
    best = verdicts[0]
    for verdict in verdicts[1:]:
        if (verdict.passed, verdict.softly_found) > (best.passed, best.softly_found + 0.05):
            best = verdict
    return best
