"""Written rules on the control log: compiled once per change; they decide after lists, before the score."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from contracts.decision import Decision
from control.change import Change
from control.entry import Kind
from control.errors import MalformedEntry
from control.rules import RULES, Effect, Rule, rules_to_bytes
from control.snapshot import Snapshot
from control.written_rules import DEFINITION
from features.schema import TransactionSchema
from features.vector import FeatureLayout
from stream.scoring.alerts import AlertWriter
from stream.scoring.decide import Scores, score_batch
from stream.scoring.scorer import _counts
from stream.scoring.shadow_alerts import MOST_MATCHES, shadow_matches
from tests.batches import batch_of
from tests.small_models import (
    NAMES,
    base_change,
    detector_change,
    network_change,
    retirement,
    small_base,
    small_network,
)
from tests.written_rules import fold, rule_change

ENTITIES = ("card", "merchant")
NETWORK = small_network()


def scores_of(snapshot: Snapshot, count: int = 40) -> Scores:
    return score_batch(batch_of(count, width=len(NAMES)), snapshot, ENTITIES)


def winners(scores: Scores) -> list[str]:
    return [scores.winners[at] for at in scores.winner.tolist()]


def held(kind: Kind, *rules: Rule) -> Change:
    return Change(kind, "one", "test", "", {RULES: rules_to_bytes(rules)}, {})


def test_a_live_rule_decides_and_leaves_other_transactions_as_they_were() -> None:
    plain = scores_of(fold())
    ruled = scores_of(fold(rule_change("large", "amount > 30", action="decline")))
    assert ruled.decision[30:].tolist() == [Decision.DECLINE] * 10
    assert winners(ruled)[30:] == ["rule/large"] * 10
    assert ruled.decision[:30].tolist() == plain.decision[:30].tolist()
    assert winners(ruled)[:30] == winners(plain)[:30]
    assert ruled.surprise.tobytes() == plain.surprise.tobytes()


def test_without_rules_nothing_is_evaluated() -> None:
    assert scores_of(fold()).matched is None
    assert scores_of(fold(rule_change("a", "amount > 1", mode="off"))).matched is None


@pytest.mark.parametrize(
    ("one", "other", "winner"),
    [
        ({"order": 1, "action": "approve"}, {"order": 2, "action": "decline"}, "one"),
        ({"order": 2, "action": "approve"}, {"order": 1, "action": "decline"}, "other"),
        ({"action": "approve"}, {"action": "review"}, "other"),
        ({"action": "decline"}, {"action": "review"}, "one"),
        ({"action": "review"}, {"action": "review"}, "one"),
    ],
)
def test_the_lowest_order_decides_then_the_strictest_action_then_the_id(
    one: dict[str, object], other: dict[str, object], winner: str
) -> None:
    snapshot = fold(rule_change("other", "amount > 0", **other), rule_change("one", "amount > 0", **one))
    assert set(winners(scores_of(snapshot))) == {f"rule/{winner}"}


def test_a_rule_can_approve_what_the_score_would_hold() -> None:
    low = fold(threshold=-9.0)
    assert set(scores_of(low).decision) == {Decision.REVIEW}
    approving = fold(rule_change("fine", "amount > 0", action="approve"), threshold=-9.0)
    assert set(scores_of(approving).decision) == {Decision.APPROVE}


def test_lists_and_blocks_of_entities_come_before_rules() -> None:
    lists = held(Kind.LIST, Rule("card", "card-0", Effect.ALLOW), Rule("card", "card-1", Effect.BLOCK))
    scores = scores_of(fold(lists, rule_change("all", "amount > 0", action="review")))
    named = winners(scores)
    assert scores.decision[:3].tolist() == [Decision.APPROVE, Decision.DECLINE, Decision.REVIEW]
    assert named[0] in ("base", "block")
    assert named[0] == "base"
    assert named[1:3] == ["block", "rule/all"]


def test_a_suppressed_rule_does_not_decide_about_the_entity_and_the_next_one_does() -> None:
    quiet = held(Kind.SUPPRESSION, Rule("card", "card-0", Effect.SUPPRESS, scorer="rule/a"))
    first, second = rule_change("a", "amount > 0", action="decline"), rule_change("b", "amount > 0")
    named = winners(scores_of(fold(quiet, first, second)))
    assert named[:3] == ["rule/b", "rule/a", "rule/a"]
    assert "rule/a" not in winners(scores_of(fold(quiet, first)))[::3]


def test_a_suppression_of_all_scorers_leaves_rules_alone() -> None:
    quiet = held(Kind.SUPPRESSION, Rule("card", "card-0", Effect.SUPPRESS))
    assert winners(scores_of(fold(quiet, rule_change("a", "amount > 0"))))[0] == "rule/a"


def test_a_rule_reads_surprise_with_risk_and_the_surprise_of_each_scorer() -> None:
    risk = held(Kind.RISK, Rule("card", "card-0", Effect.BOOST, count=1.0, as_of=1.8e9))
    changes = (network_change(NETWORK), detector_change(NETWORK, "ring"), risk)
    snapshot = fold(
        *changes,
        rule_change("r", "risk > 0", order=1),
        rule_change("s", 'episode["ring"].surprise > base.surprise', order=2),
    )
    scores, plain = scores_of(snapshot), scores_of(fold(*changes))
    named = winners(scores)
    assert {at for at, name in enumerate(named) if name == "rule/r"} == set(range(0, 40, 3))
    others = [at for at in range(40) if at % 3]
    assert [named[at] == "rule/s" for at in others] == [winners(plain)[at] == "ring" for at in others]
    assert 0 < named.count("rule/s") < len(others)


def test_a_rule_on_what_is_not_there_is_dormant_until_it_is() -> None:
    rule = rule_change("r", 'episode["ring"].surprise > 3')
    waiting = fold(network_change(NETWORK), rule)
    assert "no live episode 'ring'" in waiting.written.dormant["r"]
    assert set(winners(scores_of(waiting))) == {"base"}
    awake = fold(network_change(NETWORK), rule, detector_change(NETWORK, "ring"))
    assert (awake.written.dormant, len(awake.written.live)) == ({}, 1)
    again = fold(
        network_change(NETWORK), rule, detector_change(NETWORK, "ring"), retirement(Kind.DETECTOR, "ring")
    )
    assert "r" in again.written.dormant


def test_a_dormant_rule_stops_none_of_the_others() -> None:
    snapshot = fold(rule_change("a", "nothing_of_this_name > 1"), rule_change("b", "amount > 0"))
    assert set(winners(scores_of(snapshot))) == {"rule/b"}


def test_a_removed_rule_is_gone() -> None:
    snapshot = fold(rule_change("a", "amount > 0"), retirement(Kind.RULE, "a"))
    assert scores_of(snapshot).matched is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "cannot be read"),
        (b'{"condition":"amount >","action":"review"}', "found the end"),
        (b'{"condition":"amount > 1","action":"explode"}', "cannot be read"),
        (b'{"condition":"amount > 1","action":"review","percent":0}', "cannot be read"),
        (b'{"condition":"amount > 1","action":"review","zone":"Mars"}', "no time zone"),
        (b'{"condition":"amount > 1","action":"review","start":2,"end":1}', "ends before it starts"),
        (b'{"condition":"card.id == \'4111111111111111\'","action":"review"}', "card number"),
    ],
)
def test_an_entry_that_is_no_rule_is_refused(content: bytes, message: str) -> None:
    change = Change(Kind.RULE, "a", "test", "", {DEFINITION: content}, {})
    with pytest.raises(MalformedEntry, match=message):
        fold(change)


def test_what_a_rule_decides_counts_by_itself_in_metrics() -> None:
    block = held(Kind.LIST, Rule("card", "card-1", Effect.BLOCK))
    counted = _counts(scores_of(fold(block, rule_change("a", "amount > 30"), threshold=20.0)))
    assert counted.alerts == {"base": 0, "detector": 0, "block": 13, "rule": 7}


def test_an_alert_names_the_rules_the_deciding_one_first() -> None:
    names = FeatureLayout(TransactionSchema()).names
    snapshot = Snapshot()
    changes = (
        base_change(small_base(names=names), threshold=20.0),
        rule_change("a", "amount > 38", order=5),
        rule_change("z", "amount > 39", order=1, note="over 39", action="decline"),
    )
    for offset, change in enumerate(changes):
        snapshot = snapshot.apply(change.entry(sequence=offset + 1, time=0.0), offset)
    batch = batch_of(40, width=len(names))
    scores = score_batch(batch, snapshot, ENTITIES)
    rows = np.flatnonzero(scores.decision)
    alerts = [
        msgspec.json.decode(one or b"")
        for one in AlertWriter(ENTITIES, names).write(batch, scores, snapshot, rows).to_list()
    ]
    assert [(a["transaction_id"], a["decision"], a["scorer"]) for a in alerts] == [
        ("tx-38", "review", "rule/a"),
        ("tx-39", "decline", "rule/z"),
    ]
    assert [[r["words"] for r in a["reasons"]] for a in alerts] == [
        ["rule: amount > 38"],
        ["rule: over 39", "rule that also matches: amount > 38"],
    ]


def test_a_rule_in_shadow_decides_nothing_and_its_matches_are_recorded() -> None:
    snapshot = fold(rule_change("try", "amount > 37", mode="shadow"))
    batch = batch_of(40, width=len(NAMES))
    scores = score_batch(batch, snapshot, ENTITIES)
    assert scores.decision.tolist() == scores_of(fold()).decision.tolist()
    assert scores.matched is not None
    rows, records = shadow_matches(batch, scores, scores.matched, snapshot.written)
    told = [msgspec.json.decode(one or b"") for one in records.to_list()]
    assert rows.tolist() == [37, 38, 39]
    assert {one["shadow"] for one in told} == {"rule/try"}
    assert [one["alerted"] for one in told] == [bool(d) for d in scores.decision[37:]]


def test_a_shadow_that_matches_everything_writes_a_bounded_number() -> None:
    snapshot, batch = fold(rule_change("all", "true", mode="shadow")), batch_of(500, width=len(NAMES))
    scores = score_batch(batch, snapshot, ENTITIES)
    assert scores.matched is not None
    assert len(shadow_matches(batch, scores, scores.matched, snapshot.written)[0]) == MOST_MATCHES


def test_folding_many_entries_gives_what_applying_them_gives() -> None:
    changes = [base_change(small_base()), *(rule_change(f"r{n}", f"amount > {n}") for n in range(20))]
    from control.entry import LoggedEntry

    logged = [LoggedEntry(c.entry(sequence=n + 1, time=0.0), n) for n, c in enumerate(changes)]
    one_by_one = Snapshot()
    for each in logged:
        one_by_one = one_by_one.apply(each.entry, each.offset)
    folded = Snapshot().fold(logged).snapshot
    assert [r.id for r in folded.written.live] == [r.id for r in one_by_one.written.live]
    assert winners(scores_of(folded)) == winners(scores_of(one_by_one))
