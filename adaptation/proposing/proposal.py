"""From an episode to the gate's verdict, with what the analyst should know."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from adaptation.intake.checks import Flagged
from adaptation.proposing.prepared import Prepared
from adaptation.proposing.review import Review
from adaptation.proposing.support_notes import notes_of
from meta import episode
from meta import review as ranking
from meta.adapters.protocol import Adapter
from meta.arrays import Floats
from meta.episode import EpisodeVerdict, Traces
from meta.own_bounds import OwnBounds
from meta.stakes import Frauds, Stakes
from meta.support import Support
from meta.verdict import DEFAULT_LIMITS, Limits, Verdict

Run = Callable[[Hashable, Callable[[], EpisodeVerdict]], EpisodeVerdict]
"""Computes a verdict: takes what it depends on, and the computation."""


def at_once(question: Hashable, compute: Callable[[], EpisodeVerdict]) -> EpisodeVerdict:
    """Compute in this process."""
    return compute()


@dataclass(frozen=True)
class Terms:
    """What decides beside the flags and the traffic.

    Attributes:
        limits: What the detector must keep.
        per_day: Transactions a day; None before a day of them is known.
        frauds: Known frauds with time and amount, by name of the set.
        share: Shift of the detector that a person has chosen; None leaves the choice to the gate.
    """

    limits: Limits = DEFAULT_LIMITS
    per_day: float | None = None
    frauds: Mapping[str, Frauds] = field(default_factory=dict)
    share: float | None = None


@dataclass(frozen=True)
class Proposal:
    """A detector with the gate's verdict on it.

    Attributes:
        verdict: What the gate found.
        rows: Number of transactions that the detector was calibrated on.
        risk_share: Part of the boosts of entities that the threshold counts on, 0 to 1.
        review: Transactions that look like the episode, though they count as genuine.
        notes: What the flags themselves show: flags set aside, strangers, two patterns, ordinary traffic.
        seconds: Wall time of adapting, calibrating and judging.
        processor_seconds: Processor time of this thread in it; on a busy machine the rest is waiting.
    """

    verdict: Verdict
    rows: int
    risk_share: float
    review: Review
    notes: tuple[str, ...]
    seconds: float
    processor_seconds: float


def propose(
    flagged: Flagged,
    prepared: Prepared,
    replay: Mapping[str, Floats],
    *,
    threshold: float,
    budget: float,
    seed: int,
    beside: Sequence[int] | None = None,
    terms: Terms = Terms(),
    review: Review | None = None,
    adapter: Adapter | None = None,
    own: OwnBounds | None = None,
    run: Run = at_once,
) -> Proposal:
    """Adapt to what was flagged and judge the detector beside everything in force.

    Args:
        flagged: Transactions of the episode.
        prepared: Recent traffic under everything in force.
        replay: Known fraud that must not be lost, raw features float32 (m, d), by name of the set.
        threshold: The threshold in force, as surprise.
        budget: Share of genuine traffic that may be alerted, in (0, 1).
        seed: Equal seeds give equal detectors.
        beside: Positions of the live detectors that the new one is judged beside; all where not given. A
            detector that the new one replaces is not among them.
        terms: Limits, rates and a chosen share; `budget` replaces the one in the limits.
        review: The review that the episode had before. Its frauds, judged or likely, do not count as genuine.
        adapter: Makes the detector; that of `prepared` where not given.
        own: Review bounds of the policy's segments, as `meta.episode.propose` has them.
        run: Computes the verdict.

    Raises:
        TooLittleTraffic: too few transactions are stored to calibrate on.
    """
    started, worked = time.perf_counter(), time.thread_time()
    review = review or Review()
    traces = _traces(flagged, prepared, review)
    compute = partial(
        episode.propose,
        prepared.traffic,
        adapter or prepared.adapter,
        Support(flagged.fraud_features(), flagged.genuine_features()),
        episode.choose_rows(prepared.event_time, traces),
        replay,
        threshold=threshold,
        budget=budget,
        seed=seed,
        beside=beside,
        limits=terms.limits,
        stakes=Stakes.of(
            _frauds(flagged, review),
            prepared.event_time,
            traces.own,
            per_day=terms.per_day,
            known=terms.frauds,
        ),
        asked=terms.share,
        grouping=prepared.adapter,
        own=own,
    )
    found = run(_question(flagged, prepared, review, beside, seed), compute)
    return Proposal(
        found.verdict,
        found.rows,
        found.risk_share,
        _review(found.review, prepared),
        notes_of(found.verdict, flagged),
        time.perf_counter() - started,
        time.thread_time() - worked,
    )


def _question(
    flagged: Flagged, prepared: Prepared, review: Review, beside: Sequence[int] | None, seed: int
) -> Hashable:
    """Return what the verdict depends on, but for thresholds and rates, which move all the time."""
    stack = prepared.stack
    judged_beside = (
        [stack.detectors[place].detector.content_hash for place in beside] if beside is not None else ()
    )
    ids = [row.transaction_id for row in (*flagged.fraud, *flagged.genuine)]
    return (prepared.sample, stack.base.content_hash, *judged_beside, *ids, *review.alike, seed)


def _frauds(flagged: Flagged, review: Review) -> Frauds:
    """Return the frauds that say how often the pattern comes; a review adds some of long ago only."""
    older = set(review.alike)
    rows = [row for row in flagged.fraud if row.transaction_id not in older] or flagged.fraud
    return Frauds(np.array([row.event_time for row in rows]), np.array([row.amount for row in rows]))


def _traces(flagged: Flagged, prepared: Prepared, review: Review) -> Traces:
    """Return where the episode meets recent traffic: its frauds, and those that a review found.

    Lookalikes count as genuine. The episode begins with its first flag; what a review found is older.
    """
    fraud = [row.transaction_id for row in flagged.fraud]
    lookalikes = [row.transaction_id for row in flagged.genuine]
    out = review.trimmed(dict.fromkeys(fraud, True) | dict.fromkeys(lookalikes, False))
    began = float(_frauds(flagged, review).seconds.min())
    return prepared.traces(flagged.entities, [*fraud, *out], began)


def _review(found: ranking.Review, prepared: Prepared) -> Review:
    alike = prepared.ids_of(found.rows)
    return Review(alike, tuple(alike[place] for place in found.asked.tolist()))
