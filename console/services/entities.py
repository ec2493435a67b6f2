"""One card, merchant or device with its profile, days, transactions and alerts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import fmean

from console.context import ConsoleContext
from console.errors import NotFound
from console.results.entities import EntityDay, EntityDetails, EntityProfile, Partner
from console.results.transactions import TransactionRow
from console.services.search import rows_of
from storage.labels import FRAUD
from storage.scored_transactions import ScoredTransaction
from storage.transaction_search import TransactionFilter

DAY_S = 86_400.0
MOST = 5_000
"""Latest transactions that figures and days are computed from."""
TIMELINE = 100
DAYS = 60
PARTNERS = 10


def entity_page(context: ConsoleContext, kind: str, reference: str) -> EntityDetails:
    """Return one entity by key or reference.

    Raises:
        NotFound: kind or entity is unknown.
    """
    kinds = [entity.name for entity in context.settings.entities]
    if kind not in kinds:
        raise NotFound(f"no kind of entity {kind!r}", where="kind", allowed=kinds)
    key = context.cards.key(reference) if kind == context.cards.kind else reference
    with context.unit(reads_only=True) as unit:
        found = unit.past.page(TransactionFilter(entities=((kind, key),)), offset=0, limit=MOST)
        stored = found.rows
        if not stored:
            raise NotFound(f"no stored transaction of this {kind}", where="key")
        rows = rows_of(context, unit, stored)
    return EntityDetails(
        kind=kind,
        key=context.cards.shown(kind, key),
        reference=context.cards.reference(kind, key),
        profile=_profile(stored, rows, whole=found.whole and len(stored) < MOST),
        days=_days(stored),
        partners=_partners(context, kind, stored),
        timeline=rows[:TIMELINE],
        alerts=[row for row in rows if row.id is not None][:TIMELINE],
    )


def _profile(
    stored: Sequence[ScoredTransaction], rows: Sequence[TransactionRow], *, whole: bool
) -> EntityProfile:
    amounts = [one.amount for one in stored]
    currencies = {one.currency or "" for one in stored}
    return EntityProfile(
        transactions=len(stored),
        whole=whole,
        first_seen=stored[-1].event_time,
        last_seen=stored[0].event_time,
        total_amount=sum(amounts),
        mean_amount=fmean(amounts),
        largest_amount=max(amounts),
        alerts=sum(row.id is not None for row in rows),
        frauds=sum(row.verdict == FRAUD for row in rows),
        currency=currencies.pop() if len(currencies) == 1 else "",
    )


def _days(stored: Sequence[ScoredTransaction]) -> list[EntityDay]:
    by_day: dict[float, list[ScoredTransaction]] = {}
    for one in stored:
        by_day.setdefault(one.event_time // DAY_S * DAY_S, []).append(one)
    return [
        EntityDay(at, len(those), sum(one.amount for one in those), max(one.surprise for one in those))
        for at, those in sorted(by_day.items())[-DAYS:]
    ]


def _partners(context: ConsoleContext, kind: str, stored: Sequence[ScoredTransaction]) -> list[Partner]:
    seen = Counter(pair for one in stored for pair in one.entities.items() if pair[0] != kind)
    return [
        Partner(other, context.cards.shown(other, key), context.cards.reference(other, key), count)
        for (other, key), count in seen.most_common(PARTNERS)
    ]
