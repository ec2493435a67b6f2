"""Rows of transactions for lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.card_tokens import CardTokens
from console.results.transactions import ReasonRow, TransactionRow
from storage.alert_queue import state_of
from storage.alerts import CONFIRMED, REJECTED, AlertRow
from storage.labels import FRAUD, GENUINE, Label
from storage.scored_transactions import ScoredTransaction

DECISIONS = ("approve", "review", "decline")
VERDICTS = {CONFIRMED: FRAUD, REJECTED: GENUINE}


def row_of_alert(
    alert: AlertRow, cards: CardTokens, *, now: float, due_at: float | None = None
) -> TransactionRow:
    """Return the row of an alert as published, with its current state.

    Args:
        alert: the alert.
        cards: masks cards.
        now: the current time, seconds since 1970.
        due_at: the earliest deadline of its open cases.

    Returns:
        The row.
    """
    body = alert.body
    return TransactionRow(
        id=alert.id,
        transaction_id=alert.transaction_id,
        event_time=alert.raised_at,
        raised_at=alert.raised_at,
        amount=alert.amount,
        currency=body.get("currency", ""),
        surprise=alert.surprise,
        tail=body.get("tail", 0.0),
        decision=body.get("decision", ""),
        scorer=alert.scorer,
        control_offset=body.get("control_offset", -1),
        episode=body.get("episode", ""),
        nearest=body.get("nearest", ""),
        reasons=[_reason(one, cards, alert.card) for one in body.get("reasons", ())],
        state=state_of(alert, now),
        verdict=VERDICTS.get(alert.status),
        assignee=alert.assignee,
        snoozed_until=alert.snoozed_until,
        due_at=due_at,
        queue=alert.queue,
        tags=[tag for tag in alert.tags.split(",") if tag],
        **_entities(body.get("entities", {}), cards),
    )


def row_of_transaction(
    stored: ScoredTransaction, cards: CardTokens, *, alert: AlertRow | None, label: Label | None, now: float
) -> TransactionRow:
    """Return the row of a scored transaction, with the reasons and state of its alert if there is one."""
    if alert is not None:
        return row_of_alert(alert, cards, now=now)
    return TransactionRow(
        id=None,
        transaction_id=stored.transaction_id,
        event_time=stored.event_time,
        raised_at=None,
        amount=stored.amount,
        currency=stored.currency or "",
        surprise=stored.surprise,
        tail=stored.tail,
        decision=DECISIONS[stored.decision],
        scorer=stored.winner_id or "",
        control_offset=stored.control_offset,
        verdict=label.verdict if label else None,
        **_entities(stored.entities, cards),
    )


def _entities(keys: Mapping[str, str], cards: CardTokens) -> dict[str, Any]:
    """Fields that name entities; the second kind is shown as the merchant."""
    shown = {kind: cards.shown(kind, key) for kind, key in keys.items()}
    others = [text for kind, text in shown.items() if kind != cards.kind]
    return {
        "card": shown.get(cards.kind, ""),
        "merchant": shown.get("merchant", others[0] if others else ""),
        "entities": shown,
        "references": {kind: cards.reference(kind, key) for kind, key in keys.items()},
    }


def _reason(one: Mapping[str, Any], cards: CardTokens, card: str) -> ReasonRow:
    text = one.get("words") or one.get("feature", "")
    return ReasonRow(
        cards.hide(text, card), one.get("feature", ""), one.get("value", 0.0), one.get("push", 0.0)
    )
