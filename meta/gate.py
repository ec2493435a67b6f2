"""The gate: checks a detector before it scores live traffic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from meta.adapters.protocol import Adapter
from meta.arrays import Doubles, Floats
from meta.calibration import combine, with_risk
from meta.live import LiveDetector
from meta.reservoir import Reservoir
from meta.set_aside import Kept, set_aside
from meta.shares import Share, bound, choose_share
from meta.stack import ScoringStack
from meta.support import Support
from meta.support_checks import TwoPatterns, strangers, two_patterns
from meta.verdict import DEFAULT_LIMITS, Limits, Verdict, reasons_against


def judge(
    stack: ScoringStack,
    adapter: Adapter,
    support: Support,
    background: Floats,
    reservoir: Reservoir,
    replay: Mapping[str, Floats],
    *,
    seed: int,
    limits: Limits = DEFAULT_LIMITS,
    left_out_by: Adapter | None = None,
) -> Verdict:
    """Adapt, calibrate, choose the share of the budget, and judge whether the detector may join `stack`.

    Args:
        stack: Base and live detectors.
        adapter: Adapts to the episode.
        support: Flags and hard negatives, raw features.
        background: Recent genuine rows that the adapter may read, raw features float32 (m, d).
        reservoir: Genuine rows for calibration.
        replay: Fraud that base and live detectors find today, by name, raw features float32 (n, d).
        seed: Seed of all that is drawn.
        limits: What the detector must keep.
        left_out_by: A quicker adapter for leaving flags out; None for `adapter`.

    Returns:
        The detector with its share, the joint threshold, and the reasons against going live.
    """
    quick = left_out_by or adapter
    kept = set_aside(quick, support, background, reservoir, seed=seed)
    live = _made(adapter, kept.support, background, reservoir, seed)
    candidate = stack.replaced((*stack.detectors, live))
    seen = _Seen(
        with_risk(candidate.surprises(reservoir.X), reservoir.risk),
        {name: candidate.surprises(X) for name, X in replay.items() if len(X)},
        candidate.surprises(kept.support.fraud),
    )
    seen.flags[:, -1] = kept.left_out
    share = choose_share(
        seen.reservoir,
        seen.replay,
        seen.flags,
        stack.shifts,
        budget=limits.budget,
        allowed_loss=limits.allowed_loss,
    )
    two = two_patterns(
        quick,
        reservoir.extend_support(quick, kept.support),
        reservoir.extend(quick, background),
        reservoir,
        threshold=-float(np.log10(limits.budget)),
        seed=seed,
    )
    verdict = _verdict(live, seen, np.append(stack.shifts, share.shift), share, two, limits)
    return _as_asked(verdict, kept)


@dataclass(frozen=True)
class _Seen:
    """Surprises before any shift: base first, the new detector last.

    Attributes:
        reservoir: Of genuine rows, float64 (n, 1 + e).
        replay: Of each replay set by name, float64 (m, 1 + e).
        flags: Of the flags, float64 (k, 1 + e); those of the new detector are of left-out flags.
    """

    reservoir: Doubles
    replay: dict[str, Doubles]
    flags: Doubles


def _made(
    adapter: Adapter, support: Support, background: Floats, reservoir: Reservoir, seed: int
) -> LiveDetector:
    """Adapt to the episode and calibrate the detector on the reservoir."""
    grown, usual = reservoir.extend_support(adapter, support), reservoir.extend(adapter, background)
    return reservoir.calibrate(adapter, adapter.adapt(grown, usual, seed=seed))


def _verdict(
    live: LiveDetector,
    seen: _Seen,
    shifts: Doubles,
    share: Share,
    two: TwoPatterns | None,
    limits: Limits,
) -> Verdict:
    """Measure the detector under the chosen shifts and threshold."""
    rate = float(np.mean(combine(seen.reservoir, shifts) > share.threshold))
    added = float(np.mean(seen.reservoir[:, -1] + share.shift > share.threshold))
    again = combine(seen.flags, shifts) > share.threshold
    found = float(np.mean(again))
    bounds = {name: bound(limits.allowed_loss, len(rows)) for name, rows in seen.replay.items()}
    spoken = reasons_against(rate, found, share.losses, bounds, limits)
    return Verdict(
        replace(live, shift=share.shift),
        share.threshold,
        rate,
        added,
        found,
        share.found,
        share.losses,
        tuple(text for _, text in spoken),
        strangers=tuple(strangers(again)) if two is None else (),
        two_patterns=two,
        usual_at=float(10.0 ** -np.median(seen.flags[:, -1])),
        causes=tuple(dict.fromkeys(cause for cause, _ in spoken)),
    )


def _as_asked(verdict: Verdict, kept: Kept) -> Verdict:
    """Number the flags of a verdict by their place among all flags, not among the kept ones."""
    return replace(
        verdict,
        set_aside=kept.aside,
        strangers=kept.asked(verdict.strangers),
        two_patterns=kept.asked_groups(verdict.two_patterns),
    )
