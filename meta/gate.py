"""The gate: checks a detector before it scores live traffic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from meta.adapters.protocol import Adapter
from meta.arrays import Doubles, Floats
from meta.calibration import combine, with_risk
from meta.leave_one_out import ROWS
from meta.live import LiveDetector
from meta.own_bounds import OwnBounds, bounds_at, no_bounds
from meta.pacing import LEAST
from meta.reservoir import Reservoir
from meta.set_aside import Kept, set_aside
from meta.shares import Share, every_share
from meta.stack import ScoringStack
from meta.stakes import Stakes, rates_of, unflagged_share
from meta.support import Support
from meta.support_checks import strangers, two_patterns
from meta.trade_off import TradeOff
from meta.verdict import DEFAULT_LIMITS, Limits, Verdict, reasons_against
from meta.weighing import weigh


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
    stakes: Stakes | None = None,
    recent: Reservoir | None = None,
    episodes: Sequence[str] = (),
    asked: float | None = None,
    grouping: Adapter | None = None,
    own: OwnBounds | None = None,
) -> Verdict:
    """Adapt, calibrate, choose the share of the budget, and judge whether the detector may join `stack`.

    1. Leave each flag out in turn, and set odd ones aside.  2. Adapt and calibrate.  3. Measure every share
    of the budget on left-out flags and replay sets.  4. Weigh what each brings and costs, and choose one.
    5. Judge the choice.

    Args:
        stack: Base and live detectors.
        adapter: Adapts to the episode.
        support: Flags and hard negatives, raw features.
        background: Recent genuine rows that the adapter may read, raw features float32 (m, d).
        reservoir: Genuine rows for calibration.
        replay: Fraud that base and live detectors find today, by name, raw features float32 (n, d).
        seed: Seed of all that is drawn.
        limits: What the detector must keep.
        stakes: How often pattern and known fraud come, and their amounts; None where nothing is known.
        recent: Unlabelled rows since the first flag, which may hold more of the pattern; None for none.
        episodes: Names of those replay sets that are frauds of live episodes.
        asked: Shift that a person has chosen; None leaves the choice to the gate.
        grouping: Adapter that looks for two patterns, a fast one beside a slow `adapter`, which would adapt
            up to twenty times more; `adapter` where not given.
        own: Bounds of rows that a segment of the decision policy decides, in the order of `reservoir`, the
            flags of `support` and the sets of `replay`; None without any.

    Returns:
        The detector with its share, the joint threshold, the trade-off, and the reasons against going live.
    """
    kept = set_aside(adapter, support, background, reservoir, seed=seed)
    own = own or OwnBounds(no_bounds(len(reservoir)), no_bounds(len(support)))
    own = own.part(np.arange(len(reservoir)), kept.places)
    live = reservoir.calibrate(adapter, kept.detector)
    candidate = stack.replaced((*stack.detectors, live))
    seen = _Seen(
        with_risk(candidate.surprises(reservoir.X), reservoir.risk),
        {name: candidate.surprises(X) for name, X in replay.items() if len(X)},
        candidate.surprises(kept.support.fraud),
    )
    seen.flags[:, -1] = np.minimum(kept.left_out, _farthest(limits.budget))
    shares = every_share(
        seen.reservoir,
        seen.replay,
        seen.flags,
        stack.shifts,
        budget=limits.with_surge,
        before=limits.budget,
        allowed_loss=limits.allowed_loss,
        own=own,
    )
    rates = rates_of(
        stakes,
        {name: len(rows) for name, rows in seen.replay.items() if name not in episodes},
        [name for name in seen.replay if name in episodes],
        flags=len(kept.support),
        unflagged=0.0 if recent is None else unflagged_share(recent.surprise_of(live), kept.left_out),
    )
    weighed = weigh(shares, rates, limits, asked=asked)
    grouping = grouping or adapter
    two = two_patterns(
        grouping,
        reservoir.extend_support(grouping, kept.support),
        reservoir.extend(grouping, background),
        reservoir,
        threshold=-float(np.log10(limits.budget)),
        seed=seed,
    )
    share = shares[weighed.chosen]
    verdict = _verdict(live, seen, np.append(stack.shifts, share.shift), share, weighed, own)
    rate = verdict.alert_rate - _beyond_control(combine(seen.reservoir[:, :-1], stack.shifts), own, limits)
    against = reasons_against(rate, verdict.found, weighed, limits, asked=asked is not None)
    verdict = replace(
        verdict,
        reasons=tuple(text for _, text in against),
        causes=tuple(dict.fromkeys(cause for cause, _ in against)),
        strangers=verdict.strangers if two is None else (),
        two_patterns=two,
    )
    return _as_asked(verdict, kept)


def _farthest(budget: float) -> float:
    """Return the largest surprise that a left-out flag counts with.

    The tails of a fold have `ROWS` rows and only guess beyond them, mostly too high. The share would be too
    small. With a small budget, where flags must be further out, 0.7 over the budget's own surprise counts.
    """
    return float(max(np.log10(ROWS), 0.7 - np.log10(budget)))


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


def _beyond_control(before: Doubles, own: OwnBounds, limits: Limits) -> float:
    """Return the share of traffic that segments alert beyond the budget but for its floor.

    They do so with or without the detector, so it is no reason against it.
    """
    fixed = float(np.mean(before > bounds_at(own.traffic, np.inf)))
    return max(fixed - (1.0 - LEAST) * limits.budget, 0.0)


def _verdict(
    live: LiveDetector, seen: _Seen, shifts: Doubles, share: Share, weighed: TradeOff, own: OwnBounds
) -> Verdict:
    """Measure the detector under the chosen shifts and threshold; reasons are still to be found."""
    again = combine(seen.flags, shifts) > bounds_at(own.flags, share.threshold)
    bounds = bounds_at(own.traffic, share.threshold)
    return Verdict(
        replace(live, shift=share.shift),
        share.threshold,
        float(np.mean(combine(seen.reservoir, shifts) > bounds)),
        float(np.mean(seen.reservoir[:, -1] + share.shift > bounds)),
        float(np.mean(again)),
        share.found,
        share.losses,
        (),
        weighed,
        strangers=tuple(strangers(again)),
        usual_at=float(10.0 ** -np.median(seen.flags[:, -1])),
    )


def _as_asked(verdict: Verdict, kept: Kept) -> Verdict:
    """Number the flags of a verdict by their place among all flags, not among the kept ones."""
    return replace(
        verdict,
        set_aside=kept.aside,
        strangers=kept.asked(verdict.strangers),
        two_patterns=kept.asked_groups(verdict.two_patterns),
    )
