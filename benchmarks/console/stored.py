"""A database as it is after months of use: alerts with their transactions, a tenth of them judged."""

import json

import numpy as np
from sqlalchemy import Engine

from storage import UnitOfWork
from storage.alerts import CONFIRMED, REJECTED, priority_of

STEP = 10_000
CARDS, MERCHANTS = 15_000, 2_400
SCORERS = ("base", *(f"pattern-{number}" for number in range(20)))
WORDS = "card: amount against its usual over 7 days: 8.3 times, usual 1.0 times"
DAY_S = 86_400.0


def fill(engine: Engine, alerts: int) -> None:
    """Store `alerts` alerts over 90 days of event time, with their transactions."""
    random = np.random.default_rng(0)
    for first in range(0, alerts, STEP):
        numbers = range(first, min(first + STEP, alerts))
        drawn = [_drawn(random, number, alerts) for number in numbers]
        with UnitOfWork(engine) as unit:
            unit.transactions.add_many(transaction for transaction, _ in drawn)
            unit.alerts.add_many(alert for _, alert in drawn)
            unit.alerts.set_status([f"tx-{number}" for number in numbers if number % 20 == 0], CONFIRMED)
            unit.alerts.set_status([f"tx-{number}" for number in numbers if number % 20 == 1], REJECTED)
            unit.commit()


def _drawn(
    random: np.random.Generator, number: int, alerts: int
) -> tuple[tuple[object, ...], tuple[object, ...]]:
    card, merchant = f"tok_{int(random.integers(CARDS)):012d}", f"m-{int(random.integers(MERCHANTS))}"
    amount, surprise = float(random.lognormal(4.0, 1.2)), 3.0 + float(random.exponential(0.5))
    time = 1.76e9 + 90 * DAY_S * number / alerts
    scorer = SCORERS[int(random.integers(len(SCORERS)))]
    place, identity = (number % 4, number), f"tx-{number}"
    entities = {"card": card, "merchant": merchant}
    reason = {"feature": "card_ratio_7d", "value": 8.3, "push": 1.2, "words": WORDS}
    body = {"currency": "EUR", "entities": entities, "tail": 10**-surprise, "reasons": [reason] * 3}
    scored = (surprise, 10**-surprise, 1, 0, scorer, 7, time, None)
    transaction = (*place, identity, time, time, amount, "EUR", 4, json.dumps(entities), bytes(184), *scored)
    queued = (amount, surprise, priority_of(surprise, amount), scorer, card)
    return transaction, (*place, identity, time, json.dumps(body), *queued)
