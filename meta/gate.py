"""The gate: what a detector must show before it scores live traffic."""

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
    """Adapt, calibrate, choose the share of the budget, and say whether the detector may join `stack`.

    `support`, `background` (m, d), the reservoir and the replay sets, by name, are raw features. Replay sets
    hold fraud that base and live detectors found so far. `left_out_by` is a quicker adapter for leaving flags
    out.
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
    """Surprises before any shift, base first, the new detector last: of the reservoir (n, 1 + e), of each
    replay set (m, 1 + e), and of the flags (k, 1 + e), by the new one when they are left out.
    """

    reservoir: Doubles
    replay: dict[str, Doubles]
    flags: Doubles


def _made(
    adapter: Adapter, support: Support, background: Floats, reservoir: Reservoir, seed: int
) -> LiveDetector:
    """Adapt and calibrate."""
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
    """What has been seen, under the shifts and the threshold that were chosen."""
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
    """The verdict on the kept flags, by where they stand among all."""
    return replace(
        verdict,
        set_aside=kept.aside,
        strangers=kept.asked(verdict.strangers),
        two_patterns=kept.asked_groups(verdict.two_patterns),
    )
