"""A console on a database with very many alerts, for tests of its pages."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from sqlalchemy import Engine

from console.access.passwords import hash_password
from recorder.rows import scored_rows
from settings import Settings
from storage import UnitOfWork, migrate, open_engine
from storage.alerts import COLUMNS, priority_of
from storage.bulk import Row
from storage.users import User
from tests.integration.console.filled_work import fill_topics, fill_work
from tests.integration.console.models_in_force import FEATURES, quiet_traffic, verdicts
from tests.scored_messages import scored_message

ALERTS, TRANSACTIONS = 100_000, 200
CARDS = 50
PASSWORD = "correct horse battery"
ROLES = ("analyst", "viewer", "lead", "admin")
SECOND_ADMIN = "another admin"
SCRIPT = "<img src=x onerror='window.hit=1'>"
"""What a hostile id, name or reason may hold."""
HOSTILE = f"tx-{SCRIPT}"


def fill(settings: Settings) -> None:
    """Store users, some transactions, ALERTS waiting alerts and the team's work; one id is hostile."""
    engine = open_engine(settings.storage.url)
    migrate.upgrade(engine)
    now = time.time()
    _add_users(engine, now)
    features = np.abs(np.random.default_rng(0).normal(0, 0.4, (TRANSACTIONS, FEATURES))).astype(np.float32)
    message = scored_message(
        0,
        range(TRANSACTIONS),
        features=features,
        ids=[_identity(place).encode() for place in range(TRANSACTIONS)],
        cards=[_card(place).encode() for place in range(TRANSACTIONS)],
        times=[_time(place, now) for place in range(TRANSACTIONS)],
        decisions=[1] * TRANSACTIONS,
    )
    with UnitOfWork(engine) as unit:
        unit.transactions.add_many([*scored_rows(message), *quiet_traffic(now)])
        unit.labels.add_many(verdicts(now))
        unit.alerts.add_many(_alerts(now))
        fill_work(unit, now, card=_card(7), alerts=[_identity(7 + CARDS * n) for n in range(3)])
        unit.commit()
    engine.dispose()
    fill_topics(settings, now)


def _add_users(engine: Engine, now: float) -> None:
    hashed = hash_password(PASSWORD)
    with UnitOfWork(engine) as unit:
        for name, role in (*zip(ROLES, ROLES, strict=True), (SECOND_ADMIN, "admin")):
            unit.users.add(User(name=name, role=role, password_hash=hashed, created_at=now))
        unit.commit()


def _alerts(now: float) -> Iterator[Row]:
    """Alerts of stored transactions have the highest priority, the hostile one the highest of all."""
    for place in range(ALERTS):
        surprise = 9.0 + place / TRANSACTIONS if place < TRANSACTIONS else 3.0 + place % 997 / 1000
        amount = 20.0 + place % 4_000
        values: dict[str, Any] = {
            "source_partition": int(place >= TRANSACTIONS),
            "source_offset": place,
            "transaction_id": _identity(place),
            "raised_at": _time(place, now),
            "body": _body(place, surprise, amount, now),
            "amount": amount,
            "surprise": surprise,
            "priority": priority_of(surprise, amount),
            "scorer": "base",
            "card": _card(place),
            "queue": "",
            "tags": "",
            "cause": "",
        }
        yield tuple(values[name] for name in COLUMNS)


def _body(place: int, surprise: float, amount: float, now: float) -> str:
    words = f"merchant: different cards in 1 day: 31, usual 2 {SCRIPT if place == TRANSACTIONS - 1 else ''}"
    reasons = [
        {"feature": feature, "value": 6.0, "usual": 0.2, "push": push, "words": told}
        for feature, push, told in (("a", 2.1, "card: transactions in 1 hour: 6"), ("b", 1.4, words))
    ]
    body = {"transaction_id": _identity(place), "event_time": _time(place, now), "amount": amount,
            "currency": "EUR", "entities": {"card": _card(place), "merchant": "shop"}, "surprise": surprise,
            "tail": 10**-surprise, "decision": "review", "scorer": "base", "control_offset": 1 + place % 2,
            "reasons": reasons}  # fmt: skip
    return json.dumps(body)


def _identity(place: int) -> str:
    return HOSTILE if place == TRANSACTIONS - 1 else f"tx-{place}"


def _card(place: int) -> str:
    return f"tok_{place % CARDS:015d}"


def _time(place: int, now: float) -> float:
    return now - 60.0 * (ALERTS - place) / 100
