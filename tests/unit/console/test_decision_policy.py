"""The decision policy in the API: shown with versions and budget, tried, and changed through the worker."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI

from console.context import ConsoleContext
from console.models.policy_radius import policy_radius
from console.models.results import CannotScore
from console.results.decision_policy import BoundTerms, PolicyTerms, SegmentTerms
from contracts.standing_policy import StandingPolicy
from control.change import Change
from control.envelope import seal
from control.snapshot import Snapshot
from recorder.rows import control_row
from rules.errors import RuleError
from tests.decision_policies import policy, policy_change, segment
from tests.unit.console.people import Person
from tests.unit.console.stored_rows import DAY, add_stored
from tests.unit.console.test_blast_radius import NAMES, N, features, filled

__all__ = ["features", "filled"]  # fixtures
DRAFT = {"segments": [{"name": "large", "when": "amount > 50", "review_from": "1%", "decline_from": 4.0}]}


@pytest.fixture
def lead(context: ConsoleContext, app: FastAPI) -> Person:
    add_stored(context)
    return Person(app, "lead")


def announce(context: ConsoleContext, offset: int, change: Change) -> None:
    """Store an entry, as the recorder does."""
    key = context.key
    assert key is not None
    entry = change.entry(sequence=offset, time=DAY + offset)
    with context.unit() as unit:
        unit.control.add_many([control_row(seal(entry, key), entry.key, offset, key)])
        unit.commit()


def test_without_a_policy_the_budget_decides_alone(lead: Person) -> None:
    found = lead.get("/decision-policy").json()
    assert (found["terms"], found["waiting"], found["versions"]) == (None, None, [])
    shares = {one["of"]: one["alerts"] for one in found["budget"]["shares"]}
    assert shares == {"base": 10, "detectors": 0, "rules": 0, "segments": 0, "lists and blocks": 0}
    assert found["budget"]["allowed_a_day"] > 0


def test_the_budget_is_shown_by_what_raised_alerts_with_a_warning_where_rules_use_it_up(
    context: ConsoleContext, lead: Person
) -> None:
    with context.unit() as unit:
        newest = unit.transactions.newest_event_time() or 0.0
        causes = {"segment/large": "base", "rule/r": "rule/r", "rule/up": "base", "": "base"}
        unit.alerts.add_many(
            (
                7,
                n,
                f"more-{n}",
                newest,
                "{}",
                1.0,
                2.0,
                2.0,
                "rule/r" if n == 1 else "base",
                "c",
                "",
                "",
                cause,
            )
            for n, cause in enumerate(causes)
        )
        unit.commit()
    found = lead.get("/decision-policy").json()["budget"]
    shares = {one["of"]: one for one in found["shares"]}
    assert {of: one["today"] for of, one in shares.items() if one["today"]} == {
        "base": shares["base"]["today"], "rules": 2, "segments": 1,
    }  # fmt: skip
    allowed = found["allowed_a_day"]
    assert shares["rules"]["used_today"] == pytest.approx(2 / allowed)
    assert found["used_today"] == pytest.approx(sum(one["used_today"] for one in found["shares"]))
    assert "Rules, lists and segments used" in found["warning"]
    assert "floor of 10%" in found["warning"]


def test_versions_are_shown_with_segments_that_match_nothing(context: ConsoleContext, lead: Person) -> None:
    announce(context, 1, policy_change(segment("large", "amount > 5", 2.0)))
    announce(context, 2, policy_change(segment("gone", "merchant.id in lists.gone", None, 4.0), review=3.0))
    found = lead.get("/decision-policy").json()
    assert [one["terms"]["segments"][0]["name"] for one in found["versions"]] == ["gone", "large"]
    assert found["terms"]["otherwise"] == {"review_from": 3.0, "decline_from": None}
    assert "no list 'gone'" in found["dormant"]["gone"]
    announce(context, 3, replace(policy_change(), retired=True, parts={}))
    gone = lead.get("/decision-policy").json()
    assert (gone["terms"], gone["versions"][0]["terms"]) == (None, None)


def test_a_proposal_waits_until_the_policy_in_force_changes(context: ConsoleContext, lead: Person) -> None:
    change = policy_change(review=2.0, identity="proposal")
    announce(context, 1, change)
    waiting = lead.get("/decision-policy").json()["waiting"]
    assert (waiting["author"], waiting["terms"]["otherwise"]["review_from"]) == ("ada", 2.0)
    assert waiting["seen"] == change.entry(sequence=1, time=0.0).content_hash
    announce(context, 2, policy_change(review=2.0))
    assert lead.get("/decision-policy").json()["waiting"] is None


@pytest.mark.parametrize(
    ("draft", "words"),
    [
        ({"segments": [{"name": "a", "when": "amuont > 5"}]}, "did you mean 'amount'"),
        ({"segments": [{"name": "a", "when": "amount >"}]}, "segment 'a'"),
        ({"otherwise": {"review_from": "0.1%", "decline_from": 2.0}}, "at least review_from"),
        ({"otherwise": {"review_from": "often"}}, "allowed are a surprise such as 2.5"),
    ],
)
def test_what_cannot_be_used_is_refused_before_it_is_sent(
    lead: Person, draft: dict[str, Any], words: str
) -> None:
    answer = lead.ask("PUT", "/decision-policy", json=draft)
    assert answer.status_code == 422
    assert words in answer.text


def test_the_blast_radius_counts_what_the_scorer_would_decide(
    filled: ConsoleContext, features: np.ndarray[Any, np.dtype[np.float32]]
) -> None:
    tried = policy(
        segment("large", "amount > 50", 2.0, 4.0), segment("shop", "merchant.id == 'shop-1'"), review=3.0
    )
    with filled.unit(reads_only=True) as unit:
        found = policy_radius(unit, Snapshot(), tried, 30.0, NAMES, StandingPolicy())
    n = np.arange(N)
    surprise, amount, shop = (n % 5).astype(float), 1.0 + n % 100, n % 7 == 1
    large = amount > 50
    expected = {
        "large": (large, 2.0, 4.0),
        "shop": (~large & shop, 3.0 + 1e-9, np.inf),  # the threshold of a share of 0.001
        "otherwise": (~large & ~shop, 3.0, np.inf),
    }
    assert [one.name for one in found.segments] == list(expected)
    for one in found.segments:
        rows, review, decline = expected[one.name]
        held, declined = rows & (surprise >= review), rows & (surprise >= review) & (surprise >= decline)
        assert one.transactions == rows.sum()
        assert (one.reviewed, one.declined) == (held.sum() - declined.sum(), declined.sum())
        assert one.reviewed_now == (rows & (surprise > 3.0)).sum()
        assert one.fraud_held == (held & (n % 100 == 0)).sum()
        assert one.declined_amount == pytest.approx(amount[declined].sum())
    assert (found.transactions, found.by_others, found.left_out) == (N, 0, 0)
    assert found.alerts_a_day > found.alerts_a_day_now


def test_what_rules_and_blocks_decided_stays(filled: ConsoleContext) -> None:
    with filled.unit() as unit:
        for number, winner in ((10, "rule/large"), (20, "block")):
            stored = unit.transactions.at(number % 2, number // 2)
            assert stored is not None
            stored.winner_id = winner
        unit.commit()
    with filled.unit(reads_only=True) as unit:
        found = policy_radius(unit, Snapshot(), policy(review=0.0), 30.0, NAMES, StandingPolicy())
    assert found.by_others == 2
    assert found.segments[0].transactions == found.segments[0].reviewed == N - 2


def test_a_copy_of_the_process_counts_half_with_the_same_result(
    filled: ConsoleContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = policy(segment("large", "amount > 50", 2.0, 4.0), review=3.0)

    def found() -> object:
        with filled.unit(reads_only=True) as unit:
            return policy_radius(unit, Snapshot(), tried, 30.0, NAMES, StandingPolicy())

    alone = found()
    monkeypatch.setattr("console.models.counting.FEWEST_PARTS_FOR_TWO", 1)
    assert found() == alone


def test_a_policy_that_reads_what_is_not_stored_cannot_be_tried(filled: ConsoleContext) -> None:
    with (
        filled.unit(reads_only=True) as unit,
        pytest.raises(RuleError, match="risk is not stored"),
    ):
        policy_radius(unit, Snapshot(), policy(segment("a", "risk > 1")), 7.0, NAMES, StandingPolicy())


def test_without_transactions_nothing_can_be_tried(context: ConsoleContext) -> None:
    with context.unit(reads_only=True) as unit, pytest.raises(CannotScore, match="no transaction is stored"):
        policy_radius(unit, Snapshot(), policy(), 7.0, NAMES, StandingPolicy())


def test_analysts_try_a_policy_and_viewers_do_not(filled: ConsoleContext, app: FastAPI) -> None:
    found = Person(app, "analyst").post("/decision-policy/preview", DRAFT | {"days": 30})
    assert found.status_code == 200
    assert [one["name"] for one in found.json()["radius"]["segments"]] == ["large", "otherwise"]
    assert Person(app, "viewer").post("/decision-policy/preview", DRAFT).status_code == 403


def test_a_page_compares_policies_line_by_line() -> None:
    from console.pages.policy_form import lines_of

    one = PolicyTerms([SegmentTerms("a", "amount > 1", 2.0, 4.5)], BoundTerms(None, 6.0), "UTC", "why")
    assert lines_of(one) == [
        "a: amount > 1, review from 2, decline from 4.5",
        "all other transactions, decline from 6",
        "time zone UTC",
        "note: why",
    ]
    assert lines_of(None) == []
