"""The episode procedure: from flagged transactions and recent traffic to the gate's verdict.

The adaptation worker, previews, backtests and benchmarks all call `propose`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from meta.adapters.protocol import Adapter
from meta.arrays import Doubles, Floats, Rows
from meta.false_alerts import CLEARLY, sort_alerts
from meta.gate import judge
from meta.own_bounds import OwnBounds, no_bounds
from meta.reservoir import FEWEST_ROWS
from meta.review import NOTHING, Review, look_alikes
from meta.scored_traffic import ScoredTraffic
from meta.stakes import Stakes
from meta.support import Support
from meta.verdict import DEFAULT_LIMITS, Limits, Verdict

BACKGROUND_ROWS = 4_096
"""Rows that the adapter may read; the adapter draws from them itself."""
COMMON = 0.01
"""An entity with a larger share of the rows (a large merchant) is ordinary traffic, not the pattern."""
KNOWN_ROWS = 1_000
"""Rows of a set of known fraud at most; more would change a share in its third digit only."""
BASE, PAST = "base", "past fraud"
"""Names of the sets of fraud that the base finds: recent confirmed ones, and those of its training."""
UNJUDGED = "unjudged alerts"
"""Name of the set of clear recent alerts, beyond those that calibration expects of genuine traffic."""


class TooLittleTraffic(Exception):
    """Too few genuine transactions are stored to calibrate on."""


def check_enough(rows: int) -> None:
    """Check that a budget can be measured on so many rows.

    Raises:
        TooLittleTraffic: there are fewer than `FEWEST_ROWS`.
    """
    if rows < FEWEST_ROWS:
        raise TooLittleTraffic(
            f"{rows} genuine transactions are stored to calibrate on, {FEWEST_ROWS} are needed; "
            "flag again when more have been scored"
        )


@dataclass(frozen=True)
class Traces:
    """Where the transactions of an episode meet recent traffic.

    Attributes:
        entities: For each entity of the flagged transactions, the rows of recent traffic that it has.
        own: Rows that are transactions of the episode.
        began: Event time of the earliest flagged transaction, seconds since 1970.
    """

    entities: Sequence[Rows]
    own: Rows
    began: float


def choose_rows(event_time: Doubles, traces: Traces) -> Rows:
    """Return the rows that an episode may be calibrated on: those that hardly hold the same pattern.

    They share no rare entity with the episode, are none of its own, and happened before it. In a stream
    that has only begun too few are left; then rows since the first flag are taken too.

    Args:
        event_time: Event time of n rows of recent traffic, float64 (n,), in any order.
        traces: Where the episode meets these rows.

    Returns:
        Positions of the chosen rows, ascending.
    """
    apart = np.ones(len(event_time), bool)
    for rows in traces.entities:
        if len(rows) <= COMMON * len(event_time):
            apart[rows] = False
    apart[traces.own] = False
    earlier = np.flatnonzero(apart & (event_time < traces.began))
    return earlier if len(earlier) >= FEWEST_ROWS else np.flatnonzero(apart)


def known_fraud(found_by_base: Floats, past: Floats, of_episodes: Mapping[str, Floats]) -> dict[str, Floats]:
    """Return the sets of fraud that a new detector must not lose, by name; empty sets are left out.

    Args:
        found_by_base: Confirmed frauds that the base alerted, float32 (m, d).
        past: Fraud of the base's training period, float32 (m, d). Without it the first detector could
            take the whole budget of the base before any fraud is confirmed.
        of_episodes: Confirmed frauds of each live episode, float32 (m, d), by its name.
    """
    sets = {BASE: found_by_base, PAST: past[:KNOWN_ROWS], **of_episodes}
    return {name: rows for name, rows in sets.items() if len(rows)}


@dataclass(frozen=True)
class EpisodeVerdict:
    """The gate's verdict on the detector of an episode.

    Attributes:
        verdict: The detector, its threshold, and what speaks against it.
        rows: Number of rows that it was calibrated on.
        risk_share: Part of the boosts that the threshold counts on, 0 to 1.
        review: Rows of the traffic that are most like the episode, though they count as genuine.
    """

    verdict: Verdict
    rows: int
    risk_share: float
    review: Review = NOTHING


def propose(
    traffic: ScoredTraffic,
    adapter: Adapter,
    support: Support,
    rows: Rows,
    known: Mapping[str, Floats],
    *,
    threshold: float,
    budget: float,
    seed: int,
    beside: Sequence[int] | None = None,
    limits: Limits = DEFAULT_LIMITS,
    stakes: Stakes | None = None,
    asked: float | None = None,
    grouping: Adapter | None = None,
    own: OwnBounds | None = None,
) -> EpisodeVerdict:
    """Adapt to an episode, calibrate the detector, and judge it beside everything in force.

    1. Keep of the unjudged alerts as many as genuine traffic causes.  2. Limit the boosts to what the budget
    bears.  3. Adapt, calibrate and judge; the clear alerts that were left out count as known fraud.  4. Rank
    the rows that are most like the episode: undetected frauds among them would silence the detector.

    Args:
        traffic: Recent traffic under everything in force.
        adapter: Makes the detector.
        support: Raw features of the flagged transactions.
        rows: Rows of `traffic` to calibrate on, as `choose_rows` returns them.
        known: Fraud that must not be lost, raw features float32 (m, d), as `known_fraud` returns it.
        threshold: The threshold in force, as surprise.
        budget: Share of genuine traffic that may be alerted, in (0, 1).
        seed: Equal seeds on equal inputs give equal detectors.
        beside: Positions of the live detectors that the new one is judged beside; all where not given. A
            detector that the new one replaces is not among them.
        limits: What the detector must keep; `budget` replaces the one in it, without the surge.
        stakes: How often pattern and known fraud come, and their amounts; None where nothing is known.
        asked: Shift of the detector that a person has chosen; None leaves the choice to the gate.
        grouping: Adapter that looks for two patterns; `adapter` where not given.
        own: Bounds of rows that a segment of the decision policy decides, in the order of `traffic`, the
            flags of `support` and the sets of `known`; None without any.

    Raises:
        TooLittleTraffic: `rows` are too few, or all of them are over the threshold.
    """
    check_enough(len(rows))
    own = own or OwnBounds(no_bounds(len(traffic)), no_bounds(len(support)))
    # No threshold decides rows with a bound of their own, so they are none of its unjudged alerts.
    surprise = np.where(np.isnan(own.traffic), traffic.joint, np.minimum(traffic.joint, threshold))
    parted = sort_alerts(rows, surprise, threshold, budget)
    if not len(parted.genuine):
        raise TooLittleTraffic(
            f"all {len(rows)} recent transactions are over the threshold; flag again after a recalibration"
        )
    clear = parted.suspect[surprise[parted.suspect] > threshold + CLEARLY]
    risk_share = traffic.risk_share_within(parted.genuine, budget)
    stack = traffic.part(parted.genuine, risk_share)
    reservoir = stack.reservoir
    if beside is not None:
        stack = stack.replaced([stack.detectors[place] for place in beside])
    verdict = judge(
        stack,
        adapter,
        support,
        reservoir.X[:BACKGROUND_ROWS],
        reservoir,
        {**known, UNJUDGED: traffic.reservoir.X[clear]},
        seed=seed,
        limits=replace(limits, budget=budget),
        stakes=stakes,
        recent=None if stakes is None else traffic.reservoir.part(stakes.since, traffic.boosts[stakes.since]),
        episodes=[name for name in known if name not in (BASE, PAST)],
        asked=asked,
        grouping=grouping,
        own=own.part(parted.genuine, np.arange(len(support))),
    )
    alike = look_alikes(reservoir.surprise_of(verdict.live))
    review = Review(parted.genuine[alike.rows], alike.asked)
    return EpisodeVerdict(verdict, len(parted.genuine), risk_share, review)
