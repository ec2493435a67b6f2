"""From a request to a detector with the gate's verdict: steps 2 and 3 of `adaptation.flag_steps`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import msgspec

from adaptation.context import AdaptationContext
from adaptation.flag_steps import FlagStep
from adaptation.intake.checks import Flagged, RequestRefused, examine_flag
from adaptation.proposing.identity import detector_id, seed_of
from adaptation.proposing.preparation import AdaptationNotReady, Ready
from adaptation.proposing.proposal import Proposal, Run, Terms, at_once, propose
from adaptation.proposing.review import Review
from adaptation.proposing.risk import Risk, risk_of
from adaptation.proposing.surging import PART, UNTIL, surges_of, with_surge
from adaptation.proposing.surging import in_words as surge_in_words
from adaptation.proposing.trade_offs import message_of
from contracts.metrics import adaptation as metrics
from contracts.request import Request
from contracts.trade_off import TradeOff, in_words
from control.segment_bounds import StoredRows, own_bounds
from meta.adapters.protocol import Adapter
from meta.entity_counts import RecentShares
from meta.episode import TooLittleTraffic
from meta.own_bounds import OwnBounds
from meta.surge import Surge
from meta.threshold import first_threshold
from storage.episodes import REVIEW


class NothingToAdaptWith(RequestRefused):
    """No base is in force, or too little traffic is stored to calibrate on; the flags themselves are fine."""


@dataclass(frozen=True)
class Adapted:
    """A detector and what it was made of.

    Attributes:
        id: of the detector.
        flagged: the transactions of the episode.
        proposal: the detector with the gate's verdict on it.
        risk: rules that follow for the flagged entities.
        parent: content hash of the base that it was adapted beside.
        flag_to_adapted_ms: milliseconds since the request reached the broker.
        review: transactions to ask about; those of the first proposal, however often the episode is adapted.
        share: the point on the trade-off's curve that a person chose; None where the gate did.
        surge: the surge during which it goes live; None within the budget.
    """

    id: str
    flagged: Flagged
    proposal: Proposal
    risk: Risk
    parent: str
    flag_to_adapted_ms: float
    review: Review
    share: float | None = None
    surge: Surge | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """Findings that the analyst should know."""
        chosen = in_words(self.trade_off.point, self.trade_off.currency)
        surge = [] if self.surge is None else [surge_in_words(self.surge)]
        return (f"expected: {chosen}", *surge, *self.proposal.notes, self.risk.message)

    def surge_values(self) -> dict[str, float]:
        """Return what the detector's entry on the control log says of the surge."""
        return {} if self.surge is None else {PART: self.surge.part, UNTIL: self.surge.until}

    @cached_property
    def trade_off(self) -> TradeOff:
        """What each share of the budget would bring and cost a day."""
        return message_of(self.proposal.verdict.trade_off, self.flagged)

    def found(self) -> dict[str, Any]:
        """What the gate measured, for the record."""
        verdict = self.proposal.verdict
        return {
            "threshold": verdict.threshold,
            "shift": verdict.live.shift,
            "alert_rate": verdict.alert_rate,
            "added_alert_rate": verdict.added,
            "found_left_out": verdict.found,
            "losses": verdict.losses,
            "calibration_rows": self.proposal.rows,
            "propose_ms": 1e3 * self.proposal.seconds,
            "propose_cpu_ms": 1e3 * self.proposal.processor_seconds,
            "notes": list(self.notes),
            "trade_off": msgspec.to_builtins(self.trade_off),
            "share": self.share,
            **self.surge_values(),
            REVIEW: self.review.stored(),
        }


def adapt(
    context: AdaptationContext,
    request: Request,
    asked_at: float,
    *,
    approved: bool = False,
    may_surge: bool = True,
    adapter: str | None = None,
    run: Run = at_once,
) -> Adapted:
    """Check the flagged transactions, make their detector and have the gate judge it.

    The gate judges it beside everything in force except an earlier detector of the same episode.

    Args:
        context: database, control log, prepared calibration, standing policy.
        request: names the transactions, as a flag does.
        asked_at: when the request reached the broker, seconds since 1970-01-01 UTC.
        approved: whether a person has approved the episode, so that its entities may be blocked.
        may_surge: whether a surge may begin where the detector does not fit the budget.
        adapter: name of the adapter; the configured one where not given.
        run: computes the verdict; what it raises is passed on.

    Returns:
        The detector with its verdict, and the rules that follow for the flagged entities.

    Raises:
        RequestRefused: the transactions cannot be an episode.
        NothingToAdaptWith: they can, once there is a base in force and enough traffic.
        StorageUnavailable: the database is away.
        ControlLogUnavailable: the broker is away.
    """
    try:
        sources = _sources(context, request, adapter)
        found = with_surge(
            context, lambda part: _proposal(context, request, sources, part, run), may_surge=may_surge
        )
    except (AdaptationNotReady, TooLittleTraffic) as lack:
        raise NothingToAdaptWith(str(lack)) from lack
    flagged, ready = sources.flagged, sources.ready
    risk = risk_of(
        flagged.fraud,
        ready.snapshot.rules,
        RecentShares(ready.prepared.share_of, context.preparation.per_day),
        budget=context.budget,
        terms=context.policy,
        own=request.episode_id,
        may_block=approved or context.policy.release(request.policy) == "auto",
    )
    adapted = Adapted(
        sources.detector,
        flagged,
        found.proposal,
        risk,
        sources.parent,
        1e3 * (context.clock() - asked_at),
        sources.review or found.proposal.review,
        request.share,
        found.surge,
    )
    context.after(FlagStep.ADAPTED)
    return adapted


@dataclass(frozen=True)
class _Sources:
    """What a detector is made from.

    Attributes:
        ready: everything in force, and the traffic to calibrate on.
        flagged: the transactions of the episode.
        review: what the episode was asked about before; None if it was not.
        detector: id of the detector.
        parent: content hash of the base in force.
        adapter: makes the detector.
    """

    ready: Ready
    flagged: Flagged
    review: Review | None
    detector: str
    parent: str
    adapter: Adapter


def _sources(context: AdaptationContext, request: Request, adapter: str | None) -> _Sources:
    ready = context.preparation.ready(context.announcer.refresh())
    base = ready.snapshot.base
    assert base is not None  # `ready` raises AdaptationNotReady without one
    with context.unit(reads_only=True) as unit:
        flagged = examine_flag(unit, request, len(base.model.features))
        review = Review.of(unit.episodes.get(request.episode_id))
    context.after(FlagStep.CHECKED)
    context.surges = surges_of(ready.snapshot)
    parent = base.content_hash
    detector = detector_id(request.episode_id, request.name, parent)
    return _Sources(ready, flagged, review, detector, parent, context.preparation.adapter_for(ready, adapter))


def _own_bounds(sources: _Sources) -> OwnBounds | None:
    """Return the bounds that segments of the policy give traffic, flags and known fraud; None without any."""
    ready = sources.ready
    if ready.bounds is None:
        return None
    flags = own_bounds(ready.snapshot, StoredRows.of(sources.flagged.fraud))
    return OwnBounds(ready.bounds, flags, ready.known.bounds)


def _proposal(
    context: AdaptationContext, request: Request, sources: _Sources, part: float, run: Run
) -> Proposal:
    """Propose a detector where `part` of the budget may be added for a time."""
    ready, snapshot = sources.ready, sources.ready.snapshot
    proposal = propose(
        sources.flagged,
        ready.prepared,
        ready.known.rows,
        threshold=first_threshold(context.budget) if snapshot.threshold is None else snapshot.threshold,
        budget=context.budget,
        seed=seed_of(request.episode_id),
        beside=tuple(n for n, live in enumerate(snapshot.detectors) if live.id != sources.detector),
        terms=Terms(
            replace(context.limits, surge=part),
            context.preparation.per_day,
            ready.known.frauds,
            request.share,
        ),
        review=sources.review,
        adapter=sources.adapter,
        own=_own_bounds(sources),
        run=run,
    )
    metrics.ADAPT_SECONDS.labels(sources.adapter.name).observe(proposal.seconds)
    for cause in proposal.verdict.causes or ("passed",):
        metrics.GATE.labels(cause).inc()
    return proposal
