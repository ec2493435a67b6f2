"""Labels are stored once, change risk by what they add, and let episodes grow."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from adaptation.context import AdaptationContext
from adaptation.intake.checks import RequestRefused
from adaptation.intake.labelling import GROWN_AT, label
from contracts.answer import Answer
from contracts.standing_policy import StandingPolicy
from control.change import Change
from control.entry import Kind
from control.rules import RULES, Effect, Rule, rules_to_bytes
from storage import UnitOfWork
from storage.alerts import CONFIRMED, OPEN, REJECTED
from storage.episodes import (
    DRAFT,
    LIVE,
    LOOKALIKE,
    RETIRED,
    REVIEW,
    SHADOW,
    SUPPORT,
    WAITING,
    Episode,
    EpisodeTransaction,
)
from storage.labels import FRAUD, GENUINE
from tests.unit.adaptation.few_transactions import NOW, announced, few_context
from tests.unit.adaptation.worker_in_memory import a_flag

SCORER = "base"  # it has decided all stored transactions


@pytest.fixture
def context(few: Engine) -> AdaptationContext:
    return few_context(few)


def say(context: AdaptationContext, *fraud: str, genuine: tuple[str, ...] = (), **fields: Any) -> Answer:
    values = {"name": "", "source": "chargeback", "time": 5.0} | fields
    return label(context, a_flag("label", fraud=fraud, genuine=genuine, **values))


def add_episode(few: Engine, status: str = LIVE, **fields: Any) -> None:
    """Store the episode `ring` of `t1` as fraud and `t2` as lookalike."""
    parts = [
        EpisodeTransaction(transaction_id="t1", role=SUPPORT),
        EpisodeTransaction(transaction_id="t2", role=LOOKALIKE),
    ]
    values: dict[str, Any] = {
        "id": "e-1", "request_id": "r-0", "name": "ring", "author": "bob", "status": status,
        "flagged_at": 1.0, "transactions": parts, "details": {"kept": 1},
    }  # fmt: skip
    with UnitOfWork(few) as unit:
        unit.episodes.add(Episode(**values | fields))
        unit.commit()


def the_episode(few: Engine) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the roles by transaction, and the details."""
    with UnitOfWork(few, reads_only=True) as unit:
        episode = unit.episodes.get("e-1")
        assert episode is not None
        return {part.transaction_id: part.role for part in episode.transactions}, episode.details


def test_labels_are_stored_with_their_origin_and_noted_once(context: AdaptationContext, few: Engine) -> None:
    answer = say(context, "t1", "t2", genuine=("t3", "t3"))
    assert (answer.request_id, answer.status, answer.message) == ("r-1", "done", "3 transactions labelled")
    say(context, "t1", "t2", genuine=("t3",))
    with UnitOfWork(few, reads_only=True) as unit:
        found = [unit.labels.history(name) for name in ("t1", "t2", "t3")]
        assert [[one.verdict for one in each] for each in found] == [[FRAUD], [FRAUD], [GENUINE]]
        first = found[0][0]
        assert (first.source, first.author, first.time, first.request_id) == ("chargeback", "ada", 5.0, "r-1")
        noted = list(unit.audit._entries())
    assert [(one.actor, one.action, one.subject, one.time) for one in noted] == [
        ("ada", "label", "r-1", NOW)
    ] * 2
    assert noted[0].details == {"request": "r-1", "source": "chargeback", "transactions": 3}


def test_alerts_are_decided_by_the_verdicts(context: AdaptationContext, few: Engine) -> None:
    with UnitOfWork(few) as unit:
        unit.alerts.add_many((0, n, f"t{n}", 1.0, "{}", 10.0, 3.0, 3.0, SCORER, f"c{n}") for n in range(1, 4))
        unit.commit()
    say(context, "t1", genuine=("t2",))
    with UnitOfWork(few, reads_only=True) as unit:
        found = {alert.transaction_id: alert.status for alert in unit.alerts.newest(9)}
    assert found == {"t1": CONFIRMED, "t2": REJECTED, "t3": OPEN}


def test_a_fraud_raises_its_card_once_however_often_it_is_confirmed(context: AdaptationContext) -> None:
    answer = say(context, "t1", "t1")
    (entry,) = announced(context)
    assert entry[0] == a_flag().episode_id
    (boost,) = [rule for rule in entry[1] if rule.effect is Effect.BOOST]
    assert (boost.entity, boost.key, boost.count) == ("card", "card-0-101", 1.0)
    assert answer.notes == ("the flags share no entity but the card: 1 card watched more closely",)
    log: Any = context.announcer
    assert (log.announced[0].author, log.announced[0].reason) == ("ada", "labelled by chargeback")
    again = say(context, "t1", request_id="r-2")
    assert (len(announced(context)), again.notes) == (1, ())


def stored_at(few: Engine, *names: str) -> None:
    """Move stored transactions to a merchant of their own each."""
    with UnitOfWork(few) as unit:
        for name, row in unit.transactions.by_ids(list(names)).items():
            row.entities = {**row.entities, "merchant": f"shop of {name}"}
        unit.commit()


def test_two_cards_at_one_merchant_make_it_suspect_however_many_frauds_come_with_them(
    context: AdaptationContext, few: Engine
) -> None:
    """A feed's chargebacks are of many patterns, so a merchant need not have seen half of the cards."""
    others = ("t3", "t4", "t5", "t6")
    stored_at(few, *others)
    answer = say(context, "t1", "t2", *others)
    assert "merchant shop is blocked" in answer.notes[0]
    blocks = [rule for rule in announced(context)[0][1] if rule.effect is Effect.BLOCK]
    assert [(rule.entity, rule.key) for rule in blocks] == [("merchant", "shop")]


def test_what_is_fraud_at_a_busy_merchant_is_not_counted_as_genuine_when_a_block_is_weighed(
    few: Engine,
) -> None:
    """Of 11 transactions a day there, two were frauds: the rest is within a budget of ten."""
    assert "merchant shop is blocked" in say(few_context(few, share=0.0011), "t1", "t2").notes[0]


def test_a_merchant_that_is_too_busy_is_not_blocked_and_a_policy_may_hold_blocks_back(few: Engine) -> None:
    busy = few_context(few, share=0.01)
    assert "merchant shop is not blocked" in say(busy, "t1", "t2").notes[0]
    held = few_context(few, StandingPolicy(four_eyes=True))
    assert "merchant shop is blocked once this is approved" in say(held, "t1", "t2").notes[0]
    for context in (busy, held):
        assert [rule for rule in announced(context)[0][1] if rule.effect is Effect.BLOCK] == []


def test_a_fraud_that_turns_out_genuine_gives_its_risk_back(context: AdaptationContext) -> None:
    say(context, "t1")
    say(context, genuine=("t1", "t1"), request_id="r-2", time=6.0)
    boosts = [rule for _, rules in announced(context) for rule in rules if rule.effect is Effect.BOOST]
    assert [(rule.key, rule.count) for rule in boosts] == [("card-0-101", 1.0), ("card-0-101", -1.0)]


def test_what_was_genuine_before_changes_no_risk(context: AdaptationContext) -> None:
    assert say(context, genuine=("t1",)).notes == ()
    assert say(context, genuine=("t1",), request_id="r-2").notes == ()
    assert announced(context) == []


def test_the_repeat_of_a_request_announces_the_same_rules(context: AdaptationContext) -> None:
    """After a stop between the announcement and the database, the repeat must not count twice."""
    say(context, "t1")
    say(context, "t1")
    first, second = announced(context)
    assert first == second


def test_genuine_transactions_at_a_blocked_entity_lift_the_block(context: AdaptationContext) -> None:
    blocked = (
        Rule("merchant", "shop", Effect.WATCH, count=2.0),
        Rule("merchant", "shop", Effect.BLOCK, count=2.0, until=1e9),
    )
    context.announcer.announce(Change(Kind.RISK, "e-0", "bob", "", {RULES: rules_to_bytes(blocked)}, {}))
    answer = say(context, genuine=("t1", "t2"))
    assert "merchant shop is no longer blocked" in answer.notes[-1]
    assert announced(context)[-1][1][-1].effect is Effect.BLOCK
    assert context.announcer.refresh().rules.blocked(1_000.0) == set()


@pytest.mark.parametrize("status", [LIVE, WAITING, SHADOW, DRAFT])
def test_transactions_join_the_episode_that_is_named(
    context: AdaptationContext, few: Engine, status: str
) -> None:
    add_episode(few, status, details={"kept": 1, REVIEW: {"alike": ["t3", "t5"], "open": ["t3", "t5"]}})
    answer = say(context, "t1", "t3", genuine=("t4",), name="ring")
    assert "episode 'ring' grows by 2" in answer.notes
    roles, details = the_episode(few)
    assert roles == {"t1": SUPPORT, "t2": LOOKALIKE, "t3": SUPPORT, "t4": LOOKALIKE}
    assert (details["kept"], details[GROWN_AT]) == (1, NOW)
    assert details[REVIEW] == {"alike": ["t3", "t5"], "open": ["t5"]}


def test_an_episode_grows_by_what_changes_its_role_and_not_by_what_it_holds(
    context: AdaptationContext, few: Engine
) -> None:
    add_episode(few)
    answer = say(context, "t2", genuine=("t1",), name="ring")
    assert "episode 'ring' grows by 2" in answer.notes
    assert the_episode(few)[0] == {"t1": LOOKALIKE, "t2": SUPPORT}
    assert REVIEW not in the_episode(few)[1]


def test_an_episode_that_holds_all_already_does_not_grow(context: AdaptationContext, few: Engine) -> None:
    add_episode(few)
    answer = say(context, "t1", genuine=("t2",), name="ring")
    assert [note for note in answer.notes if "grows" in note] == []
    assert the_episode(few)[1] == {"kept": 1}


@pytest.mark.parametrize(("status", "name"), [(RETIRED, "ring"), (LIVE, "other")])
def test_an_episode_that_cannot_grow_refuses_the_labels(
    context: AdaptationContext, few: Engine, status: str, name: str
) -> None:
    add_episode(few, status)
    with pytest.raises(RequestRefused, match=f"no episode '{name}' that transactions could join"):
        say(context, "t3", name=name)
    with UnitOfWork(few, reads_only=True) as unit:
        assert unit.labels.history("t3") == []


def test_without_a_name_transactions_join_the_live_episode_whose_detector_decided_them(
    context: AdaptationContext, few: Engine
) -> None:
    add_episode(few, detector_id=SCORER)
    assert "episode 'ring' grows by 1" in say(context, "t3").notes
    assert the_episode(few)[0] == {"t1": SUPPORT, "t2": LOOKALIKE, "t3": SUPPORT}


@pytest.mark.parametrize(("status", "detector"), [(WAITING, SCORER), (LIVE, "another"), (LIVE, None)])
def test_other_episodes_do_not_grow_without_a_name(
    context: AdaptationContext, few: Engine, status: str, detector: str | None
) -> None:
    add_episode(few, status, detector_id=detector)
    say(context, "t3")
    assert the_episode(few)[0] == {"t1": SUPPORT, "t2": LOOKALIKE}
