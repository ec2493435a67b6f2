"""Confirmed frauds within two links: counted on the control log, read by written rules and reasons."""

from __future__ import annotations

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from contracts.alert import Alert
from contracts.decision import Decision
from control.change import Change
from control.entry import Kind
from control.rule_table import RuleTable
from control.rules import RULES, WHOLE_S, Effect, Placed, Rule, rules_to_bytes
from features.byte_strings import ByteStrings
from features.schema import TransactionSchema
from features.vector import FeatureLayout
from stream.scoring.alerts import AlertWriter
from stream.scoring.decide import score_batch
from stream.scoring.fraud_links import linked_frauds
from tests.batches import batch_of
from tests.written_rules import fold, rule_change

ENTITIES = ("card", "merchant")
NOW = 1.7e9
NAMES = FeatureLayout(TransactionSchema()).names


def risk(identity: str, *rules: Rule) -> Change:
    return Change(Kind.RISK, identity, "adapter", "", {RULES: rules_to_bytes(rules)}, {})


def counted(merchant: str, count: float, as_of: float = NOW) -> Rule:
    return Rule("merchant", merchant, Effect.WATCH, count=count, as_of=as_of)


def keys(*texts: str | None) -> ByteStrings:
    return ByteStrings.from_list([None if text is None else text.encode() for text in texts])


def test_a_rule_matches_where_a_merchant_is_shared_with_two_cards_of_confirmed_fraud() -> None:
    rule = rule_change("linked", "frauds_within_two_links >= 2", action="decline")
    known = risk("e1", counted("merchant-1", 2.0), counted("merchant-0", 1.0))
    before, after = fold(rule, names=NAMES), fold(rule, known, names=NAMES)
    batch = batch_of(40, width=len(NAMES))
    assert not (score_batch(batch, before, ENTITIES).decision == Decision.DECLINE).any()
    declined = score_batch(batch, after, ENTITIES).decision == Decision.DECLINE
    assert declined.tolist() == [row % 2 == 1 for row in range(40)]


def test_each_entity_has_its_own_count_and_what_is_only_counted_changes_no_score() -> None:
    boost = Rule("card", "card-2", Effect.BOOST, count=3.0, as_of=NOW)
    rules = [
        rule_change("shop", "merchant.confirmed_frauds == 2 && card.confirmed_frauds == 0", action="decline"),
        rule_change("card", "card.confirmed_frauds == 3", order=0),
    ]
    snapshot = fold(*rules, risk("e1", counted("merchant-1", 2.0), boost), names=NAMES)
    batch = batch_of(12, width=len(NAMES))
    scores, plain = score_batch(batch, snapshot, ENTITIES), score_batch(batch, fold(names=NAMES), ENTITIES)
    shop = [row % 2 == 1 and row % 3 != 2 for row in range(12)]
    assert [scores.winners[at] == "rule/shop" for at in scores.winner] == shop
    assert (scores.surprise != plain.surprise).tolist() == [row % 3 == 2 for row in range(12)]


def test_frauds_count_whole_for_90_days_and_what_is_taken_back_does_not_count() -> None:
    table = RuleTable.of(
        [
            Placed(counted("m1", 2.0), "risk/a"),
            Placed(counted("m1", 1.0, NOW + 10.0), "risk/b"),
            Placed(counted("m2", 1.0), "risk/a"),
            Placed(counted("m2", -1.0), "risk/c"),
        ]
    )
    times = NOW + np.array([0.0, WHOLE_S - 1.0, WHOLE_S, WHOLE_S + 10.0, 0.0, 0.0])
    at = keys("m1", "m1", "m1", "m1", "m2", None)
    found = linked_frauds(table, ("merchant",), [at], times)
    assert found[:, 0].tolist() == [3.0, 3.0, 1.0, 0.0, 0.0, 0.0]


ENTRIES = st.lists(
    st.tuples(
        st.sampled_from("abc"),  # entry
        st.lists(
            st.tuples(
                st.sampled_from(ENTITIES),
                st.sampled_from(["k1", "k2", "k3"]),
                st.sampled_from([Effect.BOOST, Effect.WATCH, Effect.BLOCK]),
                st.integers(-2, 5),
                st.sampled_from([0.0, WHOLE_S / 2, WHOLE_S]),
            ),
            max_size=5,
        ),
    ),
    max_size=8,
)


@given(ENTRIES)
def test_counts_are_those_of_a_walk_over_all_entries_in_force(
    entries: list[tuple[str, list[tuple[str, str, Effect, int, float]]]],
) -> None:
    """Every prefix of the control log gives what a plain walk over the entries in force at its end gives."""
    table, in_force = RuleTable(), dict[str, list[Placed]]()
    places = [(kind, key) for kind in ("k1", "k2", "k3", "k4") for key in ("k1", "k2", "k3", "k4")]
    own = [keys(*(card for card, _ in places)), keys(*(shop for _, shop in places))]
    time = np.full(len(places), NOW + WHOLE_S + 1.0)
    for identity, rules in entries:
        placed = [
            Placed(Rule(kind, key, effect, count=count, as_of=NOW + age), f"risk/{identity}")
            for kind, key, effect, count, age in rules
        ]
        table = table.replaced(in_force.pop(identity, []), placed)
        in_force[identity] = placed
        expected = [
            [_walk(in_force, entity, key) for entity, key in zip(ENTITIES, place, strict=True)]
            for place in places
        ]
        assert linked_frauds(table, ENTITIES, own, time).tolist() == expected
        whole = RuleTable.of(one for of_entry in in_force.values() for one in of_entry)
        assert linked_frauds(whole, ENTITIES, own, time).tolist() == expected


def _walk(in_force: dict[str, list[Placed]], entity: str, key: str) -> float:
    total = 0.0
    for placed in in_force.values():
        for one in placed:
            counts = one.rule.effect is not Effect.BLOCK and one.rule.as_of > NOW
            total += one.rule.count if (one.rule.entity, one.rule.key) == (entity, key) and counts else 0.0
    return max(total, 0.0)


def test_an_alert_says_how_many_cards_of_confirmed_fraud_share_its_merchant() -> None:
    snapshot = fold(
        risk("e1", counted("merchant-1", 3.0), Rule("card", "card-1", Effect.BOOST, count=1.0, as_of=NOW)),
        threshold=-1.0,
        names=NAMES,
    )
    batch = batch_of(2, width=len(NAMES))
    scores, rows = score_batch(batch, snapshot, ENTITIES), np.arange(2)
    written = AlertWriter(ENTITIES, NAMES).write(batch, scores, snapshot, rows).to_list()
    plain, linked = (msgspec.json.decode(one or b"", type=Alert) for one in written)
    words = [one.words for one in linked.reasons if one.feature.startswith("link ")]
    assert words == ["merchant: 3 cards with a confirmed fraud in 90 days"]
    assert not any(one.feature.startswith("link ") for one in plain.reasons)
