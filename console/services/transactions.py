"""One transaction in detail."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from console.context import ConsoleContext
from console.errors import NotFound
from console.models.results import CannotScore
from console.results.transactions import (
    EpisodeMembership,
    FeatureRow,
    NoteRow,
    ScoresByPart,
    TransactionDetails,
    TransactionRow,
    VerdictRow,
)
from console.services.rows import row_of_alert, row_of_transaction
from contracts.tracing.identity import trace_of
from features.links import fraud_words, link_measure, link_words, links_of
from features.phrases import Phrase, phrases
from features.schema import EntityField, TransactionSchema
from features.vector import FeatureLayout
from storage import UnitOfWork
from storage.alert_queue import AlertFilter
from storage.labels import Label
from storage.notes import OF_TRANSACTION
from storage.scored_transactions import ScoredTransaction

OTHER_ALERTS = 20


def transaction_page(context: ConsoleContext, transaction_id: str) -> TransactionDetails:
    """Return one transaction.

    Raises:
        NotFound: no such transaction.
    """
    now, topic = context.clock(), context.settings.topics.transactions
    with context.unit(reads_only=True) as unit:
        stored = stored_transaction(unit, transaction_id)
        alert = unit.queue.of_transaction(transaction_id)
        labels = unit.labels.history(transaction_id)
        latest = labels[-1] if labels else None
        return TransactionDetails(
            row=row_of_transaction(stored, context.cards, alert=alert, label=latest, now=now),
            partition=stored.source_partition,
            trace=f"{trace_of(topic, stored.source_partition, stored.source_offset):032x}",
            offset=stored.source_offset,
            arrival=stored.arrival,
            category=stored.category,
            features=features_of(stored),
            verdicts=[_verdict(label) for label in labels],
            other_alerts=_other_alerts(context, unit, stored, now),
            notes=notes_on(unit, OF_TRANSACTION, transaction_id),
            episodes=[
                EpisodeMembership(one.id, one.name, one.status, role)
                for one, role in unit.episodes.of_transaction(transaction_id)
            ],
        )


def scores_by_part(context: ConsoleContext, transaction_id: str) -> ScoresByPart:
    """Recompute the score of each scorer.

    Raises:
        NotFound: no such transaction.
    """
    with context.unit(reads_only=True) as unit:
        stored = stored_transaction(unit, transaction_id)
    try:
        return ScoresByPart(context.models.parts(stored.source_partition, stored.source_offset))
    except CannotScore as lack:
        return ScoresByPart([], str(lack))


def notes_on(unit: UnitOfWork, kind: str, subject: str) -> list[NoteRow]:
    """Return the notes on a subject, oldest first."""
    return [NoteRow(one.author, one.time, one.text) for one in unit.notes.of_subject(kind, subject)]


def stored_transaction(unit: UnitOfWork, transaction_id: str) -> ScoredTransaction:
    """Return the transaction with this id.

    Raises:
        NotFound: no such transaction.
    """
    found = unit.past.by_ids([transaction_id])
    if transaction_id not in found:
        raise NotFound(f"no transaction {transaction_id!r} is stored", where="id")
    return found[transaction_id]


def features_of(stored: ScoredTransaction) -> list[FeatureRow]:
    """Return the features that a transaction was scored with, in order, and its links if stored."""
    values = np.frombuffer(stored.features, "<f4").tolist()
    names, words = _layout(tuple(stored.entities))
    if len(names) != len(values):  # scored by a version with other features
        names = tuple(f"feature {place}" for place in range(len(values)))
    return [
        FeatureRow(name, value, words[name].say(value) if name in words else f"{name}: {value:.3g}")
        for name, value in zip(names, values, strict=True)
    ] + _link_rows(stored)


def _link_rows(stored: ScoredTransaction) -> list[FeatureRow]:
    kinds = list(stored.entities)
    links = links_of(stored.links, len(kinds))
    if np.isnan(links.partners).all():
        return []
    partners, frauds = links.partners[0].tolist(), links.frauds[0].tolist()
    return [
        FeatureRow(f"{kind}_{measure}", value, f"{kind}: {words}: {value:.0f}")
        for place, kind in enumerate(kinds)
        for measure, value, words in (
            (link_measure(kinds, place), partners[place], link_words(kinds, place)),
            ("confirmed_frauds", frauds[place], fraud_words(kinds, place)),
        )
        if not math.isnan(value)
    ]


@lru_cache(maxsize=8)
def _layout(entities: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, Phrase]]:
    schema = TransactionSchema(entities=tuple(EntityField(name, f"key of {name}") for name in entities))
    return FeatureLayout(schema).names, dict(phrases(schema))


def _verdict(label: Label) -> VerdictRow:
    return VerdictRow(label.verdict, label.source, label.author, label.time)


def _other_alerts(
    context: ConsoleContext, unit: UnitOfWork, stored: ScoredTransaction, now: float
) -> list[TransactionRow]:
    card = stored.entities.get(context.cards.kind)
    if card is None:
        return []
    alerts = unit.queue.page(
        AlertFilter(card=card), now=now, sort="raised_at", descending=True, offset=0, limit=OTHER_ALERTS
    )
    others = [alert for alert in alerts if alert.transaction_id != stored.transaction_id]
    return [row_of_alert(alert, context.cards, now=now) for alert in others]
