"""Stores whether transactions were fraud or genuine: chargebacks, verdicts on alerts and matches.

1. Announce the risk of their entities.  2. Write labels, alerts and episodes in one database transaction.
After a stop between the two the request is repeated, which announces the same entry again.
"""

from __future__ import annotations

from collections.abc import Iterable

from adaptation.context import AdaptationContext
from adaptation.intake.checks import RequestRefused, examine_label
from adaptation.proposing.review import Review
from adaptation.proposing.risk import Risk, lifted_by, risk_change, risk_of
from contracts.answer import Answer
from contracts.request import Request
from meta.entity_counts import RecentShares
from storage import UnitOfWork
from storage.alerts import CONFIRMED, REJECTED
from storage.episodes import DRAFT, LIVE, LOOKALIKE, REVIEW, STANDING, SUPPORT, Episode, EpisodeTransaction
from storage.labels import FRAUD, GENUINE
from storage.scored_transactions import ScoredTransaction

GROWN_AT = "grown_at"
"""In an episode's details: when its transactions last changed, until its detector is adapted to them."""


def label(context: AdaptationContext, request: Request) -> Answer:
    """Store the labels. Repeating the request changes nothing.

    Args:
        context: database, control log, prepared calibration, standing policy.
        request: the labels.

    Returns:
        The answer, with the episodes that grow as notes.

    Raises:
        RequestRefused: a transaction is unknown, or the named episode cannot grow.
        StorageUnavailable: the database is away.
        ControlLogUnavailable: the broker is away.
    """
    with context.unit(reads_only=True) as unit:
        rows = examine_label(unit, request)
        risk = _risk(context, unit, request, rows)
    if risk.rules:
        reason = f"labelled by {request.source}"
        context.announcer.announce(risk_change(risk, request.episode_id, request.author, reason))
    verdicts = dict.fromkeys(request.fraud, FRAUD) | dict.fromkeys(request.genuine, GENUINE)
    with context.unit() as unit:
        unit.labels.add_many(
            (identity, verdict, request.source, request.author, request.time, request.request_id)
            for identity, verdict in verdicts.items()
        )
        unit.alerts.set_status(request.fraud, CONFIRMED)
        unit.alerts.set_status(request.genuine, REJECTED)
        grown = _join(context, unit, request, rows)
        details = {"request": request.request_id, "source": request.source, "transactions": len(verdicts)}
        unit.audit.append(
            request.author, "label", subject=request.request_id, time=context.clock(), details=details
        )
        unit.commit()
    said = f"{len(verdicts)} transactions labelled"
    notes = tuple(f"episode {name!r} grows by {count}" for name, count in grown.items())
    return Answer(request.request_id, "done", said, notes=(*notes, *([risk.message] if risk.rules else [])))


def _risk(
    context: AdaptationContext, unit: UnitOfWork, request: Request, rows: dict[str, ScoredTransaction]
) -> Risk:
    """Rules that follow for the entities.

    Frauds confirmed for the first time raise risk. Frauds that turn out to be genuine take it back. Genuine
    transactions at a blocked entity count against the block.
    """
    earlier = {
        identity: found.verdict
        for identity, found in unit.labels.latest(list(rows), apart_from=request.request_id).items()
    }
    confirmed = [rows[i] for i in dict.fromkeys(request.fraud) if earlier.get(i) != FRAUD]
    withdrawn = [rows[i] for i in dict.fromkeys(request.genuine) if earlier.get(i) == FRAUD]
    known = context.announcer.refresh().rules
    recent = RecentShares(context.preparation.share_of, context.preparation.per_day)
    risks = [
        risk_of(
            part,
            known,
            recent,
            budget=context.budget,
            terms=context.policy,
            may_block=context.policy.release() == "auto",
            taken_back=taken_back,
            of_one_pattern=False,
            own=request.episode_id,
        )
        for part, taken_back in ((confirmed, False), (withdrawn, True))
        if part
    ]
    genuine = [rows[i] for i in dict.fromkeys(request.genuine) if earlier.get(i) is None]
    risks.append(lifted_by(genuine, known, context.policy, own=request.episode_id))
    said = "; ".join(risk.message for risk in risks if risk.message)
    return Risk(tuple(rule for risk in risks for rule in risk.rules), said)


def _join(
    context: AdaptationContext, unit: UnitOfWork, request: Request, rows: dict[str, ScoredTransaction]
) -> dict[str, int]:
    """Add the transactions to their episodes; returns the number that each gained, by name."""
    roles = dict.fromkeys(request.fraud, SUPPORT) | dict.fromkeys(request.genuine, LOOKALIKE)
    grown: dict[str, int] = {}
    for episode, members in _episodes(unit, request, rows.values()):
        held = {part.transaction_id: part for part in episode.transactions}
        changed = 0
        for identity in members:
            part = held.get(identity)
            if part is None:
                episode.transactions.append(EpisodeTransaction(transaction_id=identity, role=roles[identity]))
            elif part.role != roles[identity]:
                part.role = roles[identity]
            else:
                continue
            changed += 1
        if changed:
            review = Review.of(episode)
            judged = {REVIEW: review.without(members).stored()} if review else {}
            episode.details = {**episode.details, **judged, GROWN_AT: context.clock()}
            grown[episode.name] = changed
    return grown


def _episodes(
    unit: UnitOfWork, request: Request, rows: Iterable[ScoredTransaction]
) -> list[tuple[Episode, list[str]]]:
    """The episode that the request names, else the episodes whose detectors alerted the transactions."""
    if request.name:
        episode = unit.episodes.find_with_status(request.name, *STANDING, DRAFT)
        if episode is None:
            raise RequestRefused(f"no episode {request.name!r} that transactions could join")
        return [(episode, [row.transaction_id for row in rows])]
    by_detector: dict[str, list[str]] = {}
    for row in rows:
        by_detector.setdefault(row.winner_id or "", []).append(row.transaction_id)
    return [
        (episode, by_detector[episode.detector_id])
        for episode in unit.episodes.with_status(LIVE)
        if episode.detector_id in by_detector
    ]
