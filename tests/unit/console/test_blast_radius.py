"""The blast radius of a rule: counts over stored transactions, equal to what the rule matches live."""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI

from console.context import ConsoleContext
from console.models.blast_radius import blast_radius
from console.models.results import CannotScore, RuleDraft
from console.models.two_processes import Take, in_two
from contracts.standing_policy import StandingPolicy
from control.snapshot import Snapshot
from features.byte_strings import ByteStrings
from features.columns import currency_code
from features.links import links_of
from features.schema import TransactionSchema
from features.vector import FeatureLayout
from replay.blast_radius import BlastRadius
from replay.rule_trial import RuleTrial
from rules.actions import Action
from rules.definition import RuleDefinition
from rules.errors import RuleError
from rules.evaluation import Rows
from rules.rule_set import RuleSet
from rules.vocabulary import Vocabulary
from storage.labels import FRAUD, GENUINE
from tests.unit.console.people import Person
from tests.unit.console.stored_rows import DAY, announce_rule
from tests.written_rules import fold, written

NAMES = Vocabulary(FeatureLayout(TransactionSchema()).names)
COUNT = NAMES.features.index("card_log_count_1h")
N = 3_000


@pytest.fixture
def features() -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.random.default_rng(5).random((N, len(NAMES.features)), np.float32) * 2


@pytest.fixture
def filled(context: ConsoleContext, features: np.ndarray[Any, np.dtype[np.float32]]) -> ConsoleContext:
    """3,000 transactions over three days in two partitions; every tenth is held by `base`."""
    labels = []
    with context.unit() as unit:
        unit.transactions.add_many(_row(n, features[n]) for n in range(N))
        for n in range(0, N, 50):
            labels.append((f"tx-{n}", FRAUD if n % 100 == 0 else GENUINE, "analyst", "ada", 1.0, f"r-{n}"))
        unit.labels.add_many(labels)
        unit.commit()
    return context


def _row(n: int, features: np.ndarray[Any, np.dtype[np.float32]]) -> tuple[object, ...]:
    links = None if n % 4 == 0 else np.array([n % 3, n % 9, n % 4, n % 5], "<f4").tobytes()
    entities = json.dumps({"card": f"tok_{n % 400}", "merchant": f"shop-{n % 7}"})
    time, held = DAY + n * 3 * 86_400 / N, n % 10 == 0
    scores = (float(n % 5), 0.1, int(held), 0, "base" if held else None, 7, time, links)
    currency = None if n % 9 == 0 else ("EUR", "USD")[n % 2]
    return (
        n % 2,
        n // 2,
        f"tx-{n}",
        time,
        time,
        1.0 + n % 100,
        currency,
        5411,
        entities,
        features.tobytes(),
        *scores,
    )


def radius(context: ConsoleContext, condition: str, days: float = 30.0, **fields: Any) -> BlastRadius:
    draft = RuleDraft(RuleDefinition(condition, Action.REVIEW, **fields), days)
    with context.unit(reads_only=True) as unit:
        return blast_radius(unit, Snapshot(), draft, NAMES, StandingPolicy())


def live_matches(
    context: ConsoleContext, features: np.ndarray[Any, np.dtype[np.float32]], condition: str, **fields: Any
) -> list[int]:
    """Return what the rule decides when it scores all transactions as one batch."""
    with context.unit(reads_only=True) as unit:
        stored = [unit.transactions.at(n % 2, n // 2) for n in range(N)]
    rows = [one for one in stored if one is not None]
    keys = {
        kind: ByteStrings.from_list([one.entities[kind].encode() for one in rows])
        for kind in ("card", "merchant")
    }
    as_rules_see_them = Rows(
        features,
        np.array([one.event_time for one in rows]),
        np.array([one.amount for one in rows]),
        np.array([currency_code(one.currency) if one.currency else 0 for one in rows], np.int32),
        np.array([one.category for one in rows], np.int32),
        keys,
        np.array([one.surprise for one in rows]),
        np.zeros(N),
        lambda: np.zeros((N, 1)),
        *(np.concatenate(half) for half in zip(*(links_of(one.links, 2) for one in rows), strict=True)),
    )
    matched = RuleSet.of([written("r", condition, **fields)], NAMES).match(as_rules_see_them, keys["card"])
    return np.flatnonzero(matched.first == 0).tolist()


@pytest.mark.parametrize(
    ("condition", "fields"),
    [
        ("amount > 50 && card.count_1h >= 3", {}),
        ("merchant.id in ['shop-1', 'shop-2'] && currency == 'USD' && surprise > 1", {}),
        ("category == '5411' && hour(local_time) < 9", {"zone": "Asia/Tokyo"}),
        ("currency != 'EUR'", {}),
        ("merchant.cards_7d >= 5 && card.merchants_7d != 1", {}),
        ("frauds_within_two_links >= 3 && card.confirmed_frauds < 2", {}),
        ("amount > 50", {"percent": 10.0}),
    ],
)
def test_counts_are_those_of_the_live_rule(
    filled: ConsoleContext,
    features: np.ndarray[Any, np.dtype[np.float32]],
    condition: str,
    fields: dict[str, Any],
) -> None:
    found, live = radius(filled, condition, **fields), live_matches(filled, features, condition, **fields)
    if "percent" not in fields:  # the hash of a card also depends on the rule
        assert found.matches == len(live)
        assert found.added == sum(n % 10 != 0 for n in live)
        assert found.fraud == sum(n % 100 == 0 for n in live)
        assert found.genuine == sum(n % 100 == 50 for n in live)
        assert found.amount == pytest.approx(sum(1.0 + n % 100 for n in live))
    else:
        assert 0 < found.matches < radius(filled, condition).matches / 3


def test_traffic_alerts_and_known_fraud_are_counted_with_an_interval(filled: ConsoleContext) -> None:
    found = radius(filled, "amount > 0")
    assert (found.transactions, found.alerts, found.matches, found.known_fraud) == (N, N // 10, N, 30)
    assert sum(day.transactions for day in found.by_day) == N
    assert (found.fraud, found.genuine, found.precision) == (30, 30, 0.5)
    assert found.precision_low < 0.5 < found.precision_high
    assert found.budget_a_day == pytest.approx(0.001 * N / found.days)
    assert found.alerts_a_day_with == pytest.approx(N / found.days)
    assert [(one.name, one.total, one.both) for one in found.overlaps] == [("base", 300, 300)]


def test_a_rule_that_raises_adds_what_it_lifts_over_the_threshold(filled: ConsoleContext) -> None:
    # Surprise is n % 5; every tenth transaction, with a surprise of 0, is held.
    found = shifted(filled, "amount > 0", "raise", 2.0)
    assert (found.matches, found.added, found.removed) == (N, 2 * N // 5, 0)
    assert shifted(filled, "amount > 0", "raise", 0.6).added == N // 5
    with pytest.raises(RuleError, match="cannot read surprise"):
        shifted(filled, "surprise > 1", "raise", 2.0)


def test_a_rule_that_lowers_takes_away_what_the_score_alone_held(filled: ConsoleContext) -> None:
    with filled.unit() as unit:
        rows = [list(_row(N + n, np.zeros(len(NAMES.features), np.float32))) for n in range(9)]
        for row, winner in zip(rows, ("base", "rule/x", "block") * 3, strict=True):
            row[10:15] = [2.6, 0.1, 1, 0, winner]
        unit.transactions.add_many(tuple(row) for row in rows)
        unit.commit()
    found = shifted(filled, "amount > 0", "lower", 1.0)
    assert (found.added, found.removed) == (0, 3)
    assert shifted(filled, "amount > 0", "lower", 0.05).removed == 0


@pytest.mark.parametrize(("action", "field"), [("tag", {"tag": "x"}), ("queue", {"queue": "x"})])
def test_tags_and_queues_add_and_remove_no_alert(
    filled: ConsoleContext, action: str, field: dict[str, str]
) -> None:
    found = shifted(filled, "amount > 0", action, 0.0, **field)
    assert (found.matches, found.added, found.removed) == (N, 0, 0)


def shifted(context: ConsoleContext, condition: str, action: str, by: float, **fields: Any) -> BlastRadius:
    """Return the blast radius under a threshold of 2.5."""
    definition = RuleDefinition(condition, Action(action), by=by, **fields)
    with context.unit(reads_only=True) as unit:
        snapshot = fold(threshold=2.5, names=tuple(NAMES.features))
        return blast_radius(unit, snapshot, RuleDraft(definition, 30.0), NAMES, StandingPolicy())


def test_only_the_last_days_are_looked_at(filled: ConsoleContext) -> None:
    assert 990 <= radius(filled, "amount > 0", days=1.0).transactions <= 1_001


def test_examples_are_the_newest_and_near_misses_name_what_fails(filled: ConsoleContext) -> None:
    found = radius(filled, "amount > 90 && merchant.id == 'shop-1'")
    times = [one.event_time for one in found.examples]
    assert len(times) == 10
    assert times == sorted(times, reverse=True)
    words = {one.why for one in found.counter_examples}
    assert words <= {"all is true but: amount > 90", "all is true but: merchant.id == 'shop-1'"}
    missed = radius(filled, "amount < 0").counter_examples
    assert {one.why for one in missed} == {"known fraud that it does not match"}


def test_rules_in_force_are_compared_apart_from_the_one_that_is_replaced(filled: ConsoleContext) -> None:
    others = [written("a", "amount > 50"), written("b", "risk > 1"), written("mine", "amount > 1")]
    trial = RuleTrial.of(RuleDefinition("amount > 80", Action.REVIEW), NAMES, others, "mine")
    assert [one.id for one in trial.others] == ["a"]
    assert list(trial.not_compared) == ["rule/b"]


def test_what_is_not_stored_is_refused(filled: ConsoleContext) -> None:
    with pytest.raises(RuleError, match="risk is not stored"):
        radius(filled, "amount > 5 && risk > 1")


def test_transactions_with_other_features_are_left_out_and_counted(filled: ConsoleContext) -> None:
    with filled.unit() as unit:
        unit.transactions.add_many([_row(2 * N, np.zeros(3, np.float32))])
        unit.commit()
    found = radius(filled, "amount > 0")
    assert (found.transactions, found.left_out) == (N, 1)


def test_analysts_see_the_blast_radius_with_masked_cards(filled: ConsoleContext, app: FastAPI) -> None:
    announce_rule(filled, 1, "large", "amount > 50", mode="shadow")
    found = Person(app, "analyst").post(
        "/rules/preview", {"condition": "amount > 90 && surprise > 3", "days": 30}
    )
    assert found.status_code == 200
    body = found.json()
    assert body["radius"]["matches"] > 0
    assert len(body["examples"]) == 10
    assert "*" in body["examples"][0]["card"]
    assert body["counter_examples"][0]["why"].startswith("all is true but: ")
    assert Person(app, "viewer").post("/rules/preview", {"condition": "amount > 90"}).status_code == 403
    wrong = Person(app, "analyst").post("/rules/preview", {"condition": "amuont > 90"})
    assert wrong.json()["detail"]["where"] == "condition, column 1"


def test_a_copy_of_the_process_counts_half_with_the_same_result(
    filled: ConsoleContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    condition = "amount > 50 && card.count_1h >= 3"
    alone = radius(filled, condition)
    monkeypatch.setattr("console.models.counting.FEWEST_PARTS_FOR_TWO", 1)
    assert radius(filled, condition) == alone


def test_a_copy_that_dies_is_reported() -> None:
    def work(take: Take, copied: bool) -> int:
        if copied:
            os._exit(1)
        return take()

    with pytest.raises(CannotScore, match="has died"):
        in_two(work, 5)


def test_every_task_is_done_once() -> None:
    def work(take: Take, copied: bool) -> list[int]:
        return [*iter(take, -1)]

    here, copied = in_two(work, 500)
    assert sorted([*here, *copied]) == list(range(500))


def test_the_rows_of_one_question_are_limited_to_the_newest(
    filled: ConsoleContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.traffic_columns.PER_PART", 500)
    monkeypatch.setattr("console.models.counting.MOST_ROWS", 1_000)
    found = radius(filled, "amount > 0")
    assert (found.transactions, found.limited) == (1_000, "the limit is 1,000 transactions")
    assert found.since >= DAY + 1.9 * 86_400
