"""Confirmed frauds set the risk of the entities that they share."""

from types import SimpleNamespace
from typing import Any

from adaptation.proposing.risk import Risk, lifted_by, risk_of
from contracts.standing_policy import DAY_S, StandingPolicy
from control.rule_table import RuleTable
from control.rules import Effect, Placed, Rule
from meta.entity_counts import RecentShares

NOTHING = RuleTable.of([])


def fraud(card: str, merchant: str, time: float = 1_000.0) -> Any:
    return SimpleNamespace(entities={"card": card, "merchant": merchant}, event_time=time)


def risk(
    *rows: Any,
    known: RuleTable = NOTHING,
    shares: dict[str, float] | None = None,
    per_day: float | None = None,
    **options: Any,
) -> Risk:
    def share_of(_: str, key: str) -> float:
        return (shares or {}).get(key, 0.0)

    defaults: dict[str, Any] = {"budget": 0.001, "terms": StandingPolicy(), "may_block": True}
    return risk_of(rows, known, RecentShares(share_of, per_day), **(defaults | options))


def effects(found: Risk, effect: Effect) -> dict[str, float]:
    return {rule.key: rule.count for rule in found.rules if rule.effect is effect}


def test_each_card_is_boosted_by_its_own_frauds_and_nothing_is_blocked_that_is_not_shared() -> None:
    found = risk(fraud("a", "m1"), fraud("a", "m2"), fraud("b", "m3"))
    assert effects(found, Effect.BOOST) == {"a": 2.0, "b": 1.0}
    assert effects(found, Effect.BLOCK) == {}
    assert found.message == "the flags share no entity but the card: 2 cards watched more closely"


def test_a_terminal_that_the_flags_share_is_named_and_blocked_for_a_time() -> None:
    found = risk(fraud("a", "till", 5.0), fraud("b", "till", 9.0), fraud("c", "other"))
    (block,) = [rule for rule in found.rules if rule.effect is Effect.BLOCK]
    assert (block.entity, block.key, block.until) == (
        "merchant",
        "till",
        9.0 + StandingPolicy().block_days * DAY_S,
    )
    assert "the flags share a merchant" in found.message
    assert "merchant till is blocked" in found.message


def test_two_payments_of_one_card_make_no_terminal_suspect() -> None:
    assert effects(risk(fraud("a", "till"), fraud("a", "till")), Effect.BLOCK) == {}


def test_what_much_traffic_passes_through_is_not_blocked() -> None:
    found = risk(fraud("a", "mall"), fraud("b", "mall"), shares={"mall": 0.02})
    assert effects(found, Effect.BLOCK) == {}
    assert "merchant mall is not blocked, 2.00% of traffic is genuine and passes there" in found.message


def test_blocks_stay_within_the_budget_all_together() -> None:
    rows = [fraud(card, shop) for card in "abcd" for shop in ("m1", "m2", "m3")]
    found = risk(*rows, shares=dict.fromkeys(("m1", "m2", "m3"), 0.0004))
    assert len(effects(found, Effect.BLOCK)) == 2


def test_blocks_of_earlier_episodes_count_against_the_budget_until_they_end() -> None:
    shares = dict.fromkeys(("m1", "m2"), 0.0007)
    first = risk(fraud("a", "m1"), fraud("b", "m1"), shares=shares)
    known = RuleTable.of(Placed(rule, "risk/first") for rule in first.rules)
    second = [fraud("c", "m2"), fraud("d", "m2")]
    assert effects(risk(*second, known=known, shares=shares), Effect.BLOCK) == {}
    after = [fraud(card, "m2", 1_001.0 + StandingPolicy().block_days * DAY_S) for card in "cd"]
    assert effects(risk(*after, known=known, shares=shares), Effect.BLOCK).keys() == {"m2"}
    again = [fraud("a", "m1"), fraud("b", "m1")]
    assert effects(risk(*again, known=known, shares=shares, own="first"), Effect.BLOCK).keys() == {"m1"}


def test_a_few_of_many_flags_in_one_shop_are_chance() -> None:
    rows = [fraud(f"c{n}", "shop" if n < 2 else f"m{n}") for n in range(5)]
    assert effects(risk(*rows), Effect.BLOCK) == {}
    assert effects(risk(*rows, of_one_pattern=False), Effect.BLOCK) == {"shop": 2.0}


def test_the_second_fraud_blocks_a_terminal_whose_first_was_confirmed_before() -> None:
    first = risk(fraud("a", "till"))
    known = RuleTable.of(Placed(rule, "risk/first") for rule in first.rules)
    assert effects(risk(fraud("b", "till", 1_000.0 + DAY_S), known=known), Effect.BLOCK).keys() == {"till"}
    faded = risk(fraud("b", "till", 1_000.0 + 60 * DAY_S), known=known)
    assert effects(faded, Effect.BLOCK) == {}


def test_nothing_is_blocked_where_a_person_must_approve_it() -> None:
    found = risk(fraud("a", "till"), fraud("b", "till"), may_block=False)
    assert effects(found, Effect.BLOCK) == {}
    assert "merchant till is blocked once this is approved" in found.message


def test_a_verdict_taken_back_takes_its_count_back() -> None:
    there, back = risk(fraud("a", "m")), risk(fraud("a", "m"), taken_back=True)
    total: dict[tuple[str, str], float] = {}
    for rule in (*there.rules, *back.rules):
        total[rule.entity, rule.key] = total.get((rule.entity, rule.key), 0.0) + rule.count
    assert set(total.values()) == {0.0}


def test_a_terminal_where_all_that_passes_is_fraud_costs_less_than_its_traffic() -> None:
    rows = [fraud("a", "till"), fraud("b", "till")]
    shares = {"till": 0.0011}
    assert effects(risk(*rows, shares=shares), Effect.BLOCK) == {}
    assert effects(risk(*rows, shares=shares, per_day=1_000.0), Effect.BLOCK).keys() == {"till"}
    assert effects(risk(*rows, shares=shares, per_day=1e6), Effect.BLOCK) == {}


def in_force(*risks: Risk) -> RuleTable:
    return RuleTable.of(Placed(rule, f"risk/{n}") for n, one in enumerate(risks) for rule in one.rules)


def test_two_genuine_verdicts_lift_a_block_however_many_frauds_made_it() -> None:
    made = risk(*(fraud(card, "till") for card in "abcdefgh"))
    known = in_force(made)
    once = lifted_by([fraud("x", "till", 2_000.0)], known, StandingPolicy())
    assert in_force(made, once).blocked(2_000.0) == {("merchant", "till")}
    again = lifted_by([fraud("y", "till", 3_000.0)], in_force(made, once), StandingPolicy())
    assert again.message == "merchant till is no longer blocked"
    assert in_force(made, once, again).blocked(3_000.0) == set()


def test_a_lifted_block_comes_back_with_the_next_fraud_there() -> None:
    made = risk(fraud("a", "till"), fraud("b", "till"))
    lifted = lifted_by([fraud("x", "till", 2_000.0)], in_force(made), StandingPolicy())
    assert in_force(made, lifted).blocked(2_000.0) == set()
    known = in_force(made, lifted)
    again = risk(fraud("c", "till", 4_000.0), known=known)
    assert in_force(made, lifted, again).blocked(4_000.0) == {("merchant", "till")}


def test_genuine_verdicts_elsewhere_and_lists_of_people_stay_as_they_are() -> None:
    made = risk(fraud("a", "till"), fraud("b", "till"))
    assert lifted_by([fraud("x", "other", 2_000.0)], in_force(made), StandingPolicy()).rules == ()
    listed = RuleTable.of([Placed(Rule("merchant", "till", Effect.BLOCK), "list/ours")])
    assert lifted_by([fraud("x", "till", 2_000.0)], listed, StandingPolicy()).rules == ()
    assert lifted_by([], in_force(made), StandingPolicy()).rules == ()


def test_a_fraud_that_a_block_explains_says_nothing_of_its_card() -> None:
    made = risk(fraud("a", "till"), fraud("b", "till"), fraud("c", "elsewhere"))
    assert effects(made, Effect.BOOST) == {"c": 1.0}
    assert effects(risk(fraud("d", "till", 2_000.0), known=in_force(made)), Effect.BOOST) == {}
    assert effects(risk(fraud("a", "till"), fraud("b", "till"), may_block=False), Effect.BOOST).keys() == {
        "a",
        "b",
    }
