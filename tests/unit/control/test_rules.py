"""Entity rules: read from entries, found in batches, and their effects."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.decision import Decision
from control.change import Change
from control.entry import Kind
from control.errors import MalformedEntry
from control.rule_table import RuleTable
from control.rules import (
    MOST_OF_ONE,
    RULES,
    Effect,
    Placed,
    Rule,
    blocks_by_risk,
    faded,
    read_rules,
    rules_to_bytes,
)
from control.snapshot import Snapshot
from features.byte_strings import ByteStrings
from meta.calibration import CEILING
from meta.entity_risk import MOST_BOOST, boost
from rules.policy.compiled import RowBounds
from stream.scoring.decide import Scores, score_rows
from stream.scoring.policy import decide_by_surprise
from stream.scoring.rules import Met, raised
from tests.small_models import (
    base_change,
    detector_change,
    genuine_rows,
    network_change,
    small_base,
    small_network,
)
from tests.written_rules import transactions

DAY = 86_400.0
NETWORK = small_network()
ENTITIES = ("card", "merchant")


def change(kind: Kind, *rules: Rule, identity: str = "one", retired: bool = False) -> Change:
    parts = {} if retired else {RULES: rules_to_bytes(rules)}
    return Change(kind, identity, "test", "", parts, {}, retired=retired)


def fold(*changes: Change) -> Snapshot:
    snapshot = Snapshot()
    for offset, one in enumerate((base_change(small_base()), network_change(NETWORK), *changes)):
        snapshot = snapshot.apply(one.entry(sequence=offset + 1, time=0.0), offset)
    return snapshot


def keys(*names: str) -> ByteStrings:
    return ByteStrings.from_list([name.encode() for name in names])


def scored(snapshot: Snapshot, cards: list[str], time: float = 0.0) -> Scores:
    rows = genuine_rows(len(cards), seed=3)
    merchants = [f"m{n}" for n in range(len(cards))]
    of = transactions(rows, np.full(len(cards), time), keys(*cards), keys(*merchants))
    return score_rows(of, snapshot, ENTITIES)


def test_a_confirmed_fraud_raises_its_card_alone_and_fades() -> None:
    risk = change(Kind.RISK, Rule("card", "c1", Effect.BOOST, count=1.0, half_life_s=DAY))
    plain, raised = scored(fold(), ["c0", "c1"]), scored(fold(risk), ["c0", "c1"])
    later = scored(fold(risk), ["c0", "c1"], time=DAY)
    assert raised.surprise[0] == plain.surprise[0]
    assert raised.surprise[1] == pytest.approx(plain.surprise[1] + 2.0)
    assert later.surprise[1] == pytest.approx(plain.surprise[1] + 2.0 * np.log2(1.5))


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_more_frauds_never_raise_less_and_never_above_the_cap(one: float, other: float) -> None:
    few, many = sorted((one, other))
    assert 0 <= boost(few) <= boost(many) <= MOST_BOOST


def test_what_is_taken_back_leaves_nothing() -> None:
    given_, back = (
        Rule("card", "c1", Effect.BOOST, count=n, as_of=5.0, half_life_s=DAY) for n in (1.0, -1.0)
    )
    snapshot = fold(change(Kind.RISK, given_), change(Kind.RISK, back, identity="two"))
    assert scored(snapshot, ["c1"], 9_000.0).surprise == pytest.approx(scored(fold(), ["c1"]).surprise)
    assert faded(given_, 0.0) == 1.0


def test_a_block_declines_until_it_expires_and_a_suppression_does_not_undo_it() -> None:
    block = change(Kind.RISK, Rule("merchant", "m1", Effect.BLOCK, until=100.0))
    quiet = change(Kind.SUPPRESSION, Rule("merchant", "m1", Effect.SUPPRESS))
    snapshot = fold(block, quiet)
    before, after = scored(snapshot, ["a", "b"], 99.0), scored(snapshot, ["a", "b"], 100.0)
    assert (before.decision[1], before.winners[before.winner[1]]) == (Decision.DECLINE, "block")
    assert after.decision[1] == Decision.APPROVE
    assert before.surprise.tobytes() == after.surprise.tobytes()


def test_a_suppression_ends_with_its_time() -> None:
    low = Change(Kind.THRESHOLD, "joint", "test", "", {}, {"threshold": -1.0})
    quiet = change(Kind.SUPPRESSION, Rule("card", "a", Effect.SUPPRESS, until=100.0))
    snapshot = fold(low, quiet)
    decided = [scored(snapshot, ["a"], time).decision[0] for time in (99.9, 100.0)]
    assert decided == [Decision.APPROVE, Decision.REVIEW]


def test_only_a_block_of_risk_counts_as_put_by_confirmed_frauds() -> None:
    block, watch = (Rule("card", "c", effect) for effect in (Effect.BLOCK, Effect.WATCH))
    assert blocks_by_risk(Placed(block, "risk/one"))
    assert not blocks_by_risk(Placed(block, "list/one"))
    assert not blocks_by_risk(Placed(watch, "risk/one"))
    assert not blocks_by_risk(Placed(watch, "list/one"))


def test_an_entry_holds_no_rule_or_at_most_a_hundred_of_one_entity() -> None:
    def read(*rules: Rule) -> int:
        return len(read_rules(change(Kind.RISK, *rules).entry(sequence=1, time=0.0)))

    one = Rule("card", "c", Effect.BOOST, count=1.0)
    assert read() == 0
    assert read(*[one] * MOST_OF_ONE, Rule("merchant", "c", Effect.BOOST)) == MOST_OF_ONE + 1
    with pytest.raises(MalformedEntry, match="risk/one: 101 rules of one entity, allowed are 100"):
        read(*[one] * (MOST_OF_ONE + 1))


def test_a_surprise_at_the_threshold_is_approved_and_one_above_it_is_not() -> None:
    over = np.nextafter(3.0, 4.0)
    bounds = RowBounds(np.zeros(2, np.int32), np.full(2, 3.0), np.full(2, np.inf))
    assert decide_by_surprise(np.array([3.0, over]), bounds).tolist() == [Decision.APPROVE, Decision.REVIEW]


def test_frauds_of_one_kind_of_entity_add_up_and_the_kind_with_most_counts() -> None:
    met = Met()
    for entity, count in (("card", 1.0), ("merchant", 2.0), ("merchant", 1.5)):
        met.add(Placed(Rule(entity, "x", Effect.BOOST, count=count), "risk/one"), 0.0)
    assert met.frauds == {"card": 1.0, "merchant": 3.5}
    assert raised(1.0, met) == 1.0 + boost(3.5)
    assert raised(1.0, met, 0.5) == 1.0 + 0.5 * boost(3.5)
    assert raised(CEILING - 0.1, met) == CEILING


def test_an_allowed_entity_passes_whatever_blocks_or_scores_it() -> None:
    rules = [Rule("card", "a", Effect.ALLOW), Rule("merchant", "m0", Effect.BLOCK)]
    low = Change(Kind.THRESHOLD, "joint", "test", "", {}, {"threshold": -1.0})
    snapshot = fold(low, change(Kind.LIST, *rules))
    assert scored(snapshot, ["a", "b"]).decision.tolist() == [Decision.APPROVE, Decision.REVIEW]


def test_a_suppression_of_one_scorer_leaves_the_others_alerts() -> None:
    low = Change(Kind.THRESHOLD, "joint", "test", "", {}, {"threshold": -1.0})
    rules = [
        Rule("card", "a", Effect.SUPPRESS, scorer="base"),
        Rule("card", "b", Effect.SUPPRESS, scorer="other"),
    ]
    snapshot = fold(low, change(Kind.SUPPRESSION, *rules))
    assert scored(snapshot, ["a", "b"]).decision.tolist() == [Decision.APPROVE, Decision.REVIEW]


def test_a_row_scores_the_same_in_any_batch() -> None:
    rules = [
        Rule("card", f"c{n}", Effect.BOOST, count=n + 0.3, as_of=7.0, half_life_s=99.0)
        for n in range(0, 40, 3)
    ]
    snapshot = fold(change(Kind.RISK, *rules), detector_change(NETWORK, "d"))
    cards = [f"c{n}" for n in range(40)]
    rows, time = genuine_rows(40, seed=6), np.arange(40, dtype=np.float64) * 11
    merchants = keys(*(f"m{n}" for n in range(40)))
    whole = score_rows(transactions(rows, time, keys(*cards), merchants), snapshot, ENTITIES)
    for n in range(40):
        one = np.array([n])
        single = transactions(rows[one], time[one], keys(cards[n]), merchants.take(one))
        alone = score_rows(single, snapshot, ENTITIES)
        assert alone.surprise.tobytes() == whole.surprise[one].tobytes()
        assert (alone.decision[0], alone.winner[0]) == (whole.decision[n], whole.winner[n])


def test_rules_and_stack_are_kept_where_an_entry_does_not_touch_them() -> None:
    before = fold(
        detector_change(NETWORK, "d"), change(Kind.RISK, Rule("card", "c1", Effect.BOOST, count=1.0))
    )
    more = change(Kind.RISK, Rule("card", "c2", Effect.BOOST, count=1.0), identity="two")
    after = before.apply(more.entry(sequence=99, time=0.0), 99)
    assert after.stack is before.stack
    assert (len(before.rules), len(after.rules)) == (1, 2)
    again = after.apply(detector_change(NETWORK, "e", seed=4).entry(sequence=100, time=0.0), 100)
    assert again.rules is after.rules
    assert [d.id for d in again.detectors] == ["d", "e"]


def test_a_retired_entry_takes_its_rules_away() -> None:
    risk = change(Kind.RISK, Rule("card", "c1", Effect.BOOST, count=1.0))
    assert len(fold(risk, change(Kind.RISK, retired=True)).rules) == 0


def test_the_table_names_what_is_blocked_at_a_time() -> None:
    table = RuleTable.of(
        [
            Placed(Rule("card", "listed", Effect.BLOCK), "list/a"),
            Placed(Rule("card", "risky", Effect.BLOCK, until=100.0), "risk/b"),
            Placed(Rule("merchant", "boosted", Effect.BOOST, count=1.0), "risk/b"),
        ]
    )
    both = {("card", "listed"), ("card", "risky")}
    assert table.blocked(99.9) == both
    assert table.blocked(100.0) == {("card", "listed")}
    assert table.blocked(0.0, by_risk=True) == {("card", "risky")}
    assert table.blocked(0.0, apart_from="list/a") == {("card", "risky")}


def test_of_the_blocks_of_risk_the_last_counts_and_blocks_of_lists_stay() -> None:
    card = [Rule("card", "c", Effect.BLOCK, until=until) for until in (100.0, 900.0, 50.0)]
    placed = [Placed(card[0], "risk/a"), Placed(card[1], "list/b"), Placed(card[2], "risk/c")]
    table = RuleTable.of(placed)
    (met,) = [rules for _, rules in table.met_by(("card",), [keys("c")])]
    assert met == (placed[1], placed[2])
    assert table.blocked(60.0, by_risk=True) == set()
    assert table.replaced([placed[2]], []).blocked(60.0, by_risk=True) == {("card", "c")}


def test_the_table_sums_the_faded_frauds_of_each_entity_in_order() -> None:
    def boosted(entity: str, key: str, count: float) -> Placed:
        return Placed(Rule(entity, key, Effect.BOOST, count=count, half_life_s=DAY), "risk/a")

    table = RuleTable.of(
        [
            boosted("merchant", "m", 4.0),
            boosted("card", "z", 1.0),
            boosted("merchant", "m", 2.0),
            Placed(Rule("card", "a", Effect.BLOCK), "risk/a"),
        ]
    )
    assert list(table.frauds(DAY).items()) == [(("card", "z"), 0.5), (("merchant", "m"), 3.0)]


def test_a_batch_meets_rules_of_the_kinds_that_have_some_and_skips_rows_without_a_key() -> None:
    rule = Placed(Rule("merchant", "m", Effect.BOOST, count=1.0), "risk/a")
    table = RuleTable.of([rule])
    merchants = ByteStrings.from_list([b"x", None, b"m"])
    cards = keys("m", "m", "m")
    assert list(table.met_by(("card", "merchant"), [cards, merchants])) == [(2, (rule,))]
    assert list(table.met_by(("merchant",), [keys()])) == []


def test_replacing_the_rules_of_an_entry_equals_a_new_table() -> None:
    boost_, watch = Rule("card", "c", Effect.BOOST, count=1.0), Rule("card", "d", Effect.WATCH, count=2.0)
    other = Placed(Rule("card", "c", Effect.ALLOW), "list/o")
    before = [Placed(boost_, "risk/a"), Placed(watch, "risk/a")]
    after = [Placed(Rule("merchant", "m", Effect.BOOST, count=1.0), "risk/a"), Placed(watch, "risk/a")]

    def seen(table: RuleTable) -> list[object]:
        batch = [keys("c", "d"), keys("m", "c")]
        return [dict(table.met_by(ENTITIES, batch)), dict(table.watched), dict(table.held), len(table)]

    table = RuleTable.of([other, *before])
    assert seen(table.replaced(before, after)) == seen(RuleTable.of([other, *after]))
    assert seen(table.replaced(before, [])) == seen(RuleTable.of([other]))
    assert seen(table.replaced([*before, other], [])) == seen(RuleTable())


def test_a_key_that_is_added_or_replaced_is_met_and_one_that_is_gone_is_not() -> None:
    one, two = (Placed(Rule("card", name, Effect.BOOST, count=1.0), "risk/a") for name in ("one", "two"))
    more = Placed(Rule("card", "two", Effect.ALLOW), "list/b")
    batch = [keys("two", "one", "three")]
    table = RuleTable.of([one]).replaced([], [two])
    assert dict(table.met_by(("card",), batch)) == {0: (two,), 1: (one,)}
    table = table.replaced([], [more])
    assert dict(table.met_by(("card",), batch)) == {0: (two, more), 1: (one,)}
    table = table.replaced([one], []).replaced([two], [])
    assert dict(table.met_by(("card",), batch)) == {0: (more,)}
    assert table.replaced([more], []).by_entity == {}


def test_hashes_of_many_keys_that_are_gone_are_forgotten() -> None:
    placed = [Placed(Rule("card", f"c{n}", Effect.ALLOW), "list/a") for n in range(2_500)]
    table = RuleTable.of(placed).replaced(placed[10:], [])
    assert len(table) == 10
    assert len(table.by_entity["card"].hashes) < 1_500
    assert dict(table.met_by(("card",), [keys("c9", "c10")])) == {0: (placed[9],)}


def test_what_is_only_watched_is_met_by_no_batch() -> None:
    table = RuleTable.of([Placed(Rule("merchant", "m1", Effect.WATCH, count=1.0), "risk/one")])
    assert list(table.met_by(("merchant",), [keys("m1")])) == []
    assert table.watched["merchant", "m1"][0].rule.count == 1.0


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.RISK, None),
        (Kind.RISK, b""),
        (Kind.RISK, b"{}"),
        (Kind.RISK, b'[{"entity":"card","key":"","effect":"boost"}]'),
        (Kind.RISK, b'[{"entity":"card","key":"c","effect":"explode"}]'),
        (Kind.RISK, b'[{"entity":"card","key":"c","effect":"boost","half_life_s":0}]'),
        (Kind.RISK, b'[{"entity":"card","key":"c","effect":"allow"}]'),
        (Kind.LIST, b'[{"entity":"card","key":"c","effect":"suppress"}]'),
        (Kind.SUPPRESSION, b'[{"entity":"card","key":"c","effect":"block","colour":1}]'),
    ],
)
def test_rules_that_cannot_be_meant_are_refused(kind: Kind, value: bytes | None) -> None:
    entry = Change(kind, "one", "test", "", {} if value is None else {RULES: value}, {}).entry(
        sequence=1, time=0.0
    )
    with pytest.raises(MalformedEntry):
        Snapshot().apply(entry, 0)


def test_rules_survive_their_bytes() -> None:
    rules = (Rule("card", "c", Effect.BOOST, 1.5, 3.0, 9.0), Rule("ip", "::1", Effect.BLOCK, until=2.0))
    entry = change(Kind.RISK, *rules).entry(sequence=1, time=0.0)
    assert tuple(placed.rule for placed in read_rules(entry)) == rules
    assert msgspec.json.decode(entry.parts[RULES])[0]["key"] == "c"
