"""Many rules as one program: order, share of cards, start and end."""

from __future__ import annotations

from functools import partial

import msgspec
import numpy as np
import pytest

from features.byte_strings import ByteStrings
from rules.definition import definition_to_bytes, read_rule
from rules.errors import RuleError
from rules.rule_set import MOST_RULES, RuleSet
from rules.typed import Typed
from tests.rule_rows import VOCABULARY, rows_of
from tests.written_rules import written


def cards(n: int) -> ByteStrings:
    return ByteStrings.from_list([f"card-{k}".encode() for k in range(n)])


def decided(rules: RuleSet, n: int = 2_000) -> np.ndarray:
    return rules.match(rows_of(n), cards(n)).first >= 0


def test_a_share_of_cards_is_near_its_percent_and_grows_by_adding_cards() -> None:
    at = {p: decided(RuleSet.of([written("r", "true", percent=p)], VOCABULARY)) for p in (1, 10, 50, 100)}
    assert [int(one.sum()) for one in at.values()] == pytest.approx([20, 200, 1_000, 2_000], abs=60)
    assert not (at[10] & ~at[50]).any()
    assert at[100].all()


def test_another_rule_has_other_cards() -> None:
    one, other = (decided(RuleSet.of([written(name, "true", percent=50)], VOCABULARY)) for name in "ab")
    assert (one & other).sum() == pytest.approx(500, abs=80)


def test_a_rule_in_shadow_counts_for_all_cards() -> None:
    rules = RuleSet.of([written("r", "true", percent=1, mode="shadow")], VOCABULARY)
    matched = rules.match(rows_of(100), cards(100))
    assert matched.all.all()
    assert (matched.first == -1).all()


def test_start_counts_and_end_does_not() -> None:
    rows = rows_of(300)
    start, end = sorted(rows.time)[100], sorted(rows.time)[200]
    rules = RuleSet.of([written("r", "true", start=float(start), end=float(end))], VOCABULARY)
    first = rules.match(rows, cards(300)).first
    assert ((first == 0) == ((rows.time >= start) & (rows.time < end))).all()
    assert (first == 0).sum() == 100


def test_a_row_alone_is_decided_as_in_a_batch() -> None:
    texts = ["amount > 100", "card.count_1h >= 3", "hour(time) < 6 && surprise > 2", "merchant.id == 'm3'"]
    rules = RuleSet.of([written(f"r{n}", text, percent=40) for n, text in enumerate(texts)], VOCABULARY)
    rows, keys = rows_of(200, seed=4), cards(200)
    whole = rules.match(rows, keys)
    for row in range(0, 200, 7):
        one = np.array([row])
        alone = type(rows)(
            rows.features[one], rows.time[one], rows.amount[one], rows.currency[one], rows.category[one],
            {kind: of.take(one) for kind, of in rows.keys.items()}, rows.surprise[one], rows.risk[one],
            partial(np.take, rows.by_scorer, [row], axis=0), rows.links[one], rows.frauds[one],
        )  # fmt: skip
        assert rules.match(alone, keys.take(one)).all[:, 0].tolist() == whole.all[:, row].tolist()


def test_an_empty_batch_and_an_empty_set_match_nothing() -> None:
    assert len(RuleSet().match(rows_of(3), cards(3)).all) == 0
    assert len(RuleSet.of([written("r", "true")], VOCABULARY).match(rows_of(0), cards(0)).first) == 0


def test_rules_beyond_the_limit_wait_and_say_so() -> None:
    rules = RuleSet.of([written(f"r{n}", "true", order=n) for n in range(MOST_RULES + 1)], VOCABULARY)
    assert (len(rules), list(rules.dormant)) == (MOST_RULES, [f"r{MOST_RULES}"])


def test_a_change_binds_only_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    before = RuleSet.of([written("a", "amount > 1")], VOCABULARY)
    bound: list[object] = []

    def check(tree: object, vocabulary: object, zone: str) -> Typed:
        bound.append(tree)
        raise RuleError("not bound")

    monkeypatch.setattr("rules.rule_set.check", check)
    after = RuleSet.of([written("a", "amount > 1"), written("b", "amount > 2")], VOCABULARY, before)
    assert ([rule.id for rule in after.live], len(bound)) == (["a"], 1)


@pytest.mark.parametrize("identity", ["", "A", "-a", "a/b", "a" * 65, "ü", "a b"])
def test_an_id_that_could_be_mistaken_is_refused(identity: str) -> None:
    with pytest.raises(RuleError, match="the id"):
        written(identity, "true")


HUGE = " || ".join(f"(amount > {n} && risk / (amount - {n}) < {n})" for n in range(28))


def test_rules_that_would_fill_memory_wait_and_the_others_go_on() -> None:
    huge = [written(f"h{n}", HUGE.replace("amount > 1 ", f"amount > {n}.5 "), order=1) for n in range(300)]
    rules = RuleSet.of([*huge, written("first", "amount > 5", order=0)], VOCABULARY)
    assert rules.live[0].id == "first"
    assert 0 < len(rules.dormant) < 300
    assert all("40,000 parts" in why for why in rules.dormant.values())
    assert rules.match(rows_of(50), cards(50)).all.shape == (len(rules), 50)


@pytest.mark.parametrize(
    "text",
    [
        "amount / 0 > 1",
        "0 / (amount - amount) == 1",
        "1e308 * 1e308 > amount",
        "!(surprise / 0 != surprise / 0)",
        "min(amount, 0 / 0) < max(risk / 0, 1)",
        "hour(time) < -1",
        " + ".join(["amount"] * 190) + " > 1",
    ],
)
def test_arithmetic_without_a_finite_result_has_a_defined_one(text: str) -> None:
    rules = RuleSet.of([written("r", text)], VOCABULARY)
    rows, keys = rows_of(40), cards(40)
    assert (rules.match(rows, keys).all == rules.match(rows, keys).all).all()
    assert set(np.unique(rules.match(rows, keys).all)) <= {0, 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("!" * 60 + "true", "deeper"),
        (" && ".join(["a < 1"] * 180), "parts"),
        ("\u0430mount > 5", "no part of the language"),  # a Cyrillic letter
        ("amount > 5 \u202e&& true", "cannot be seen"),
    ],
)
def test_a_hostile_text_is_refused_with_the_reason(text: str, message: str) -> None:
    with pytest.raises(RuleError, match=message):
        written("r", text)


def test_a_huge_list_keeps_its_rule_out_and_says_why() -> None:
    rules = RuleSet.of([written("r", f"amount in [{', '.join('1' * 300)}]")], VOCABULARY)
    assert "300 values, allowed are 100" in rules.dormant["r"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"action": "raise"}, "needs the field by, a surprise over 0 to 3"),
        ({"action": "lower", "by": 0.0}, "needs the field by"),
        ({"action": "tag"}, "needs the field tag"),
        ({"action": "queue", "tag": "x"}, "has no field tag; it belongs to tag"),
        ({"action": "review", "by": 1.0}, "has no field by; it belongs to raise and lower"),
        ({"action": "queue"}, "needs the field queue"),
    ],
)
def test_an_action_has_exactly_its_own_field(fields: dict[str, object], message: str) -> None:
    with pytest.raises(RuleError, match=message):
        written("r", "true", **fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"action": "tag", "tag": "Ü"},
        {"action": "tag", "tag": "a,b"},
        {"action": "tag", "tag": "a\n"},
        {"action": "queue", "queue": "x" * 33},
        {"action": "raise", "by": 3.01},
        {"action": "raise", "by": -1},
        {"action": "notify"},
    ],
)
def test_a_tag_queue_or_amount_out_of_bounds_is_refused(fields: dict[str, object]) -> None:
    data = msgspec.json.encode({"condition": "true", **fields})
    with pytest.raises(RuleError, match="cannot be read"):
        read_rule("r", data)


def test_rules_that_change_the_surprise_come_first_and_marks_last() -> None:
    rules = [
        written("a-tag", "true", action="tag", tag="x", order=0),
        written("declines", "true", action="decline", order=5),
        written("lowers", "true", action="lower", by=1, order=9),
        written("queues", "true", action="queue", queue="q", order=0),
        written("raises", "true", action="raise", by=1, order=9),
        written("reviews", "true", order=1),
    ]
    made = RuleSet.of(rules, VOCABULARY)
    assert [one.id for one in made.live] == ["raises", "lowers", "reviews", "declines", "a-tag", "queues"]
    assert made.others.deciding == 2
    assert made.others.match(rows_of(5), cards(5)).first.tolist() == [0] * 5


def test_a_definition_of_before_reads_as_it_was_and_is_written_as_it_was() -> None:
    before = b'{"condition":"amount > 5","action":"review","mode":"live"}'
    assert definition_to_bytes(read_rule("r", before).definition) == before
