"""Ten transactions of one card and their alerts, as the recorder stores them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np

from console.context import ConsoleContext
from control.change import Change
from control.entry import Kind
from control.envelope import seal
from control.rules import RULES, rules_to_bytes
from control.suppressions import Suppression
from recorder.rows import control_row
from storage.alerts import priority_of
from tests.named_lists import list_changes
from tests.written_rules import rule_change

CARD = "tok_5500000000004242"
DAY = 1_760_000_000.0


def add_stored(context: ConsoleContext) -> None:
    """Add ten alerted transactions of one card, tx-0 (10.00) to tx-9 (100.00, the highest surprise)."""
    with context.unit() as unit:
        unit.transactions.add_many(scored_row(n) for n in range(10))
        unit.alerts.add_many(alert_row(n) for n in range(10))
        unit.commit()


def scored_row(n: int, *, card: str = CARD) -> tuple[object, ...]:
    """Return the row of scored transactions of tx-n."""
    entities = json.dumps({"card": card, "merchant": f"shop-{n % 3}"})
    features = np.zeros(46, "<f4").tobytes()
    amount, surprise = 10.0 * (n + 1), 3.0 + n / 10
    time = DAY + n
    scores = (surprise, 10**-surprise, 1, 0, "base", 7, time, None)
    return (0, n, f"tx-{n}", time, time, amount, "EUR", 5411, entities, features, *scores)


def alert_row(
    n: int, *, card: str = CARD, words: str = "amount: 8 times the usual", queue: str = "", tags: str = ""
) -> tuple[object, ...]:
    """Return the row of alerts of tx-n."""
    amount, surprise = 10.0 * (n + 1), 3.0 + n / 10
    body = {
        "transaction_id": f"tx-{n}",
        "currency": "EUR",
        "tail": 10**-surprise,
        "decision": "review",
        "control_offset": 7,
        "entities": {"card": card, "merchant": f"shop-{n % 3}"},
        "reasons": [{"feature": "log_amount", "value": 1.5, "push": 0.5, "words": words}],
    }
    queued = (amount, surprise, priority_of(surprise, amount), "base", card)
    return (0, n, f"tx-{n}", DAY + n, json.dumps(body), *queued, queue, tags)


def announce_rule(context: ConsoleContext, offset: int, identity: str, condition: str, **fields: Any) -> None:
    """Store an entry of a rule, as the recorder does; without a condition it removes the rule."""
    key = context.key
    assert key is not None
    change = rule_change(identity, condition or "amount > 1", **fields)
    change = change if condition else replace(change, parts={}, retired=True)
    entry = change.entry(sequence=offset, time=DAY + offset)
    with context.unit() as unit:
        unit.control.add_many([control_row(seal(entry, key), entry.key, offset, key)])
        unit.commit()


def announce_suppression(
    context: ConsoleContext, offset: int, one: Suppression, *, retired: bool = False
) -> None:
    """Store an entry of a suppression, as the recorder does, or one that lifts it."""
    key = context.key
    assert key is not None
    parts = {} if retired else {RULES: rules_to_bytes([one.rule])}
    change = Change(Kind.SUPPRESSION, one.id, "ada", "agreed", parts, {}, retired=retired)
    entry = change.entry(sequence=offset, time=DAY + offset)
    with context.unit() as unit:
        unit.control.add_many([control_row(seal(entry, key), entry.key, offset, key)])
        unit.commit()


def announce_list(context: ConsoleContext, offset: int, name: str, *values: str, **fields: Any) -> int:
    """Store the entries of a list from a control offset on, and return the offset after them."""
    key = context.key
    assert key is not None
    with context.unit() as unit:
        for offset, change in enumerate(list_changes(name, *values, **fields), offset):  # noqa: B020
            entry = change.entry(sequence=offset, time=DAY + offset)
            unit.control.add_many([control_row(seal(entry, key), entry.key, offset, key)])
        unit.commit()
    return offset + 1
