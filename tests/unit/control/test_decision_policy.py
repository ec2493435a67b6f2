"""The decision policy on the control log: compiled once per change, one pair of bounds for each row."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from contracts.decision import Decision
from control.change import Change
from control.entry import Kind
from control.errors import MalformedEntry
from control.policy_in_force import proposal_of
from control.rules import RULES, Effect, Rule, rules_to_bytes
from control.snapshot import Snapshot
from features.schema import TransactionSchema
from features.vector import FeatureLayout
from stream.scoring.alerts import AlertWriter
from stream.scoring.decide import Scores, score_batch, score_rows
from stream.scoring.written_rules import Transactions
from tests.batches import batch_of
from tests.decision_policies import policy_change, segment
from tests.named_lists import list_changes
from tests.small_models import NAMES, base_change, small_base
from tests.written_rules import fold, rule_change

ENTITIES = ("card", "merchant")
BATCH = batch_of(40, width=len(NAMES))
OF_ENTITIES = ("card_log_seconds_since_last", "merchant_log_seconds_since_last", "log_amount")
A, R, D = Decision.APPROVE, Decision.REVIEW, Decision.DECLINE


def scores_of(*changes: Change, threshold: float = 9.0) -> Scores:
    return score_batch(BATCH, fold(*changes, threshold=threshold), ENTITIES)


SURPRISE = scores_of().surprise
HALF = float(np.median(SURPRISE))


def test_each_segment_has_its_own_bounds_and_the_first_that_matches_counts() -> None:
    scores = scores_of(
        policy_change(
            segment("large", "amount > 30", 0.0, 0.0),
            segment("also large", "amount > 20", 0.0),
            segment("ten", "amount > 10", decline=0.0),
        )
    )
    assert scores.decision.tolist() == [A] * 20 + [R] * 10 + [D] * 10
    assert scores.segment is not None
    assert scores.segment.tolist() == [3] * 10 + [2] * 10 + [1] * 10 + [0] * 10
    assert {scores.winners[at] for at in scores.winner.tolist()} == {"base"}
    assert scores.surprise.tobytes() == SURPRISE.tobytes()


def test_a_surprise_at_a_bound_is_held_and_one_below_is_not() -> None:
    at = float(np.sort(SURPRISE)[20])
    reviewed = scores_of(policy_change(review=at)).decision
    assert reviewed.tolist() == np.where(at <= SURPRISE, R, A).tolist()
    declined = scores_of(policy_change(review=0.0, decline=at)).decision
    assert declined.tolist() == np.where(at <= SURPRISE, D, R).tolist()


def test_without_bounds_the_threshold_of_the_budget_counts() -> None:
    plain = scores_of(threshold=HALF)
    ruled = scores_of(policy_change(segment("all", "amount > 0")), threshold=HALF)
    assert ruled.decision.tolist() == plain.decision.tolist()
    assert set(plain.decision.tolist()) == {A, R}
    severe = scores_of(policy_change(decline=0.0), threshold=HALF)
    assert severe.decision.tolist() == np.where(plain.decision == R, D, A).tolist()


def test_a_row_is_decided_the_same_in_any_batch() -> None:
    snapshot = fold(policy_change(segment("a", "amount > 7 && surprise > 0.1", 0.2, 0.4), review=1.5))
    whole, of = score_batch(BATCH, snapshot, ENTITIES), Transactions.of(BATCH)
    for row in range(40):
        at = np.array([row])
        one = Transactions(
            of.features[at], of.time[at], of.amount[at], of.currency[at], of.category[at],
            [keys.take(at) for keys in of.keys], of.links[at],
        )  # fmt: skip
        assert score_rows(one, snapshot, ENTITIES).decision[0] == whole.decision[row]
    assert set(whole.decision.tolist()) == {A, R, D}


def test_rules_blocks_and_suppressions_come_before_the_policy() -> None:
    def held(kind: Kind, effect: Effect, card: str) -> Change:
        parts = {RULES: rules_to_bytes([Rule("card", card, effect)])}
        return Change(kind, f"{card}-{effect}", "t", "", parts, {})

    scores = scores_of(
        policy_change(review=0.0, decline=0.0),
        rule_change("small", "amount <= 10", action="approve"),
        held(Kind.LIST, Effect.BLOCK, "card-0"),
        held(Kind.SUPPRESSION, Effect.SUPPRESS, "card-1"),
    )
    names = [scores.winners[at] for at in scores.winner.tolist()]
    card = np.arange(40) % 3
    rows = np.arange(40)
    assert {names[at] for at in rows[card == 0]} == {"block"}
    assert {names[at] for at in rows[(card != 0) & (rows < 10)]} == {"rule/small"}
    assert set(scores.decision[(card == 1) & (rows >= 10)].tolist()) == {A}
    assert set(scores.decision[(card == 2) & (rows >= 10)].tolist()) == {D}


def test_a_silenced_scorer_declines_nothing() -> None:
    quiet = Change(
        Kind.SUPPRESSION, "q", "t", "",
        {RULES: rules_to_bytes([Rule("*", "*", Effect.SUPPRESS, scorer="base", until=1e11)])}, {},
    )  # fmt: skip
    assert set(scores_of(policy_change(review=0.0, decline=0.0)).decision.tolist()) == {D}
    assert set(scores_of(policy_change(review=0.0, decline=0.0), quiet).decision.tolist()) == {A}


def test_a_segment_that_cannot_be_bound_matches_nothing() -> None:
    gone = segment("gone", "merchant.id in lists.gone || amount > 0", 0.0)
    one = policy_change(gone, segment("late", "amount > 20", 0.0))
    snapshot = fold(one, threshold=9.0, names=OF_ENTITIES)
    assert snapshot.policy is not None
    assert list(snapshot.policy.dormant) == ["gone"]
    assert "no list 'gone'" in snapshot.policy.dormant["gone"]
    assert score_batch(BATCH, snapshot, ENTITIES).decision.tolist() == [A] * 20 + [R] * 20
    named = fold(one, *list_changes("gone", of="merchant"), threshold=9.0, names=OF_ENTITIES)
    assert named.policy is not None
    assert named.policy.dormant == {}
    assert set(score_batch(BATCH, named, ENTITIES).decision.tolist()) == {R}


def test_a_policy_waits_until_the_one_in_force_changes() -> None:
    proposed = policy_change(review=0.0, identity="proposal")
    waiting = fold(policy_change(review=8.0), proposed, threshold=9.0)
    assert score_batch(BATCH, waiting, ENTITIES).decision.max() == A
    held = proposal_of(waiting.applied)
    assert held is not None
    assert held.entry.id == "proposal"
    assert proposal_of(fold(proposed, policy_change(review=8.0)).applied) is None
    assert proposal_of(fold(proposed, replace(proposed, retired=True)).applied) is None


def test_a_change_of_the_policy_leaves_scorers_and_rules_as_they_are() -> None:
    before = fold(rule_change("r", "amount > 1"))
    entry = policy_change(review=2.0).entry(sequence=9, time=0.0)
    after = before.apply(entry, before.offset + 1)
    assert after.scorers is before.scorers
    assert after.written is before.written
    assert (before.policy, after.policy is not None) == (None, True)
    gone = replace(entry, sequence=10, retired=True, parts={})
    assert after.apply(gone, after.offset + 1).policy is None


def test_what_was_applied_one_by_one_equals_what_was_folded() -> None:
    changes = [base_change(small_base()), policy_change(segment("a", "amount > 5", 1.0))]
    entries = [one.entry(sequence=at + 1, time=0.0) for at, one in enumerate(changes)]
    stepwise = Snapshot()
    for at, entry in enumerate(entries):
        stepwise = stepwise.apply(entry, at)
    assert stepwise.policy is not None
    reversed_order = Snapshot().apply(entries[1], 0).apply(entries[0], 1)
    assert reversed_order.policy is not None
    assert reversed_order.policy.definition == stepwise.policy.definition


@pytest.mark.parametrize("bad", [{"identity": "other"}, {"review": 5.0, "decline": 1.0}])
def test_a_malformed_policy_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(MalformedEntry):
        fold(policy_change(**bad))  # type: ignore[arg-type]


def test_an_alert_names_the_segment_whose_bound_counted() -> None:
    snapshot = fold(
        policy_change(segment("large", "amount > 30", 0.0, 0.0), segment("mid", "amount > 20"), review=0.0),
        threshold=-1.0,
    )
    scores = score_batch(BATCH, snapshot, ENTITIES)
    writer = AlertWriter(ENTITIES, FeatureLayout(TransactionSchema()).names)
    alerts = writer.write(BATCH, scores, snapshot, np.array([0, 25, 35])).to_list()
    said = [
        [
            r["words"]
            for r in msgspec.json.decode(alert or b"")["reasons"]
            if r["feature"].startswith("policy")
        ]
        for alert in alerts
    ]
    assert said == [
        ["policy: reviews other traffic from surprise 0"],
        [],
        ["policy: declines large from surprise 0"],
    ]
