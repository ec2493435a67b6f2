"""A rule from five flags: readable, at most four parts, with its blast radius."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI

from console.context import ConsoleContext
from features.schema import TransactionSchema
from features.vector import FeatureLayout
from storage.episodes import DRAFT, SUPPORT, Episode, EpisodeTransaction
from tests.unit.console.people import Person
from tests.unit.console.stored_rows import DAY

NAMES = FeatureLayout(TransactionSchema()).names
COUNT = NAMES.index("card_log_count_1h")
N, FLAGS = 2_000, 5


@pytest.fixture
def flagged(context: ConsoleContext) -> ConsoleContext:
    """2,000 transactions; the last five, in electronics and with a busy card, are the flags of an episode."""
    features = np.random.default_rng(3).random((N, len(NAMES)), np.float32)
    features[-FLAGS:, COUNT] = np.log1p(8.0)
    with context.unit() as unit:
        unit.transactions.add_many(_row(n, features[n]) for n in range(N))
        parts = [
            EpisodeTransaction(transaction_id=f"tx-{n}", role=SUPPORT, approved_role=SUPPORT)
            for n in range(N - FLAGS, N)
        ]
        unit.episodes.add(_episode("e1", parts))
        unit.episodes.add(_episode("e2", [EpisodeTransaction(transaction_id="gone", role=SUPPORT)]))
        unit.commit()
    return context


def _episode(identity: str, parts: list[EpisodeTransaction]) -> Episode:
    return Episode(
        id=identity, request_id=identity, name=f"name of {identity}", author="ada", status=DRAFT, reason="",
        flagged_at=DAY, transactions=parts,
    )  # fmt: skip


def _row(n: int, features: np.ndarray[Any, np.dtype[np.float32]]) -> tuple[object, ...]:
    entities = json.dumps({"card": f"tok_{n}", "merchant": "shop"})
    category = 5732 if n >= N - FLAGS else 5411
    scores = (1.0, 0.1, 0, 0, None, 7, DAY + n, None)
    return (0, n, f"tx-{n}", DAY + n, DAY + n, 20.0, "EUR", category, entities, features.tobytes(), *scores)


def test_flags_suggest_a_rule_that_finds_them_and_few_others(flagged: ConsoleContext, app: FastAPI) -> None:
    found = Person(app, "analyst").post("/rules/suggest", {"episode": "name of e1", "days": 30})
    assert found.status_code == 200, found.text
    body = found.json()
    assert body["found"]["condition"] in ('category == "5732"', "card.count_1h >= 8")
    assert (body["found"]["flags_matched"], body["found"]["others_matched"]) == (5, 0)
    assert (body["found"]["left_out"], body["found"]["left_out_matched"]) == (5, 5)
    assert body["preview"]["radius"]["matches"] == 5


def test_an_episode_whose_flags_are_gone_is_refused(flagged: ConsoleContext, app: FastAPI) -> None:
    lead = Person(app, "lead")
    assert lead.post("/rules/suggest", {"episode": "e2"}).status_code == 409
    assert lead.post("/rules/suggest", {"episode": "unknown"}).status_code == 404
