"""Scores meet the requests that wait for them, in every order of events."""

from __future__ import annotations

import pytest

from contracts.decision import Decision
from decisions.answer import Cause, Policy
from decisions.correlator import LOST_S
from decisions.errors import Conflict
from tests.unit.decisions.at_hand import PRODUCER, REVIEWED, Desk, alert_at, batch


def test_a_score_answers_the_request_that_waits_for_it() -> None:
    desk = Desk()
    desk.ask(7)
    assert desk.got == []
    desk.correlator.scored(batch([6, 7, 8]))
    (answer,) = desk.answers
    assert (answer.id, answer.decision, answer.scorer, answer.control_offset) == (
        "tx-0-7",
        "approve",
        "base",
        1,
    )
    assert (answer.surprise, answer.scored_at, answer.provisional) == (0.5, 1_700_000_000.5, True)
    assert desk.limit.under_way == 0


def test_a_request_without_a_score_gets_the_fallback_at_its_deadline_and_a_repeat_the_score() -> None:
    desk = Desk(Policy(Decision.DECLINE))
    desk.ask(7, within_s=0.1)
    desk.timers.move(0.05)
    assert desk.got == []
    desk.timers.move(0.06)
    (answer,) = desk.answers
    assert (answer.decision, answer.fallback, answer.surprise) == ("decline", Cause.DEADLINE, None)
    desk.correlator.scored(batch([7]))
    desk.ask(7)
    assert len(desk.got) == 2
    assert (desk.answers[1].decision, desk.answers[1].fallback) == ("approve", "")


def test_a_transaction_stays_under_way_after_its_deadline_until_it_is_scored_or_lost() -> None:
    desk = Desk()
    desk.ask(7)
    desk.ask(8)
    desk.timers.move(1.0)
    assert desk.limit.under_way == 2
    desk.correlator.scored(batch([7]))
    assert desk.limit.under_way == 1
    desk.timers.move(LOST_S)
    desk.correlator.forget_lost()
    assert desk.limit.under_way == 0


def test_a_durable_request_waits_for_the_commit() -> None:
    desk = Desk()
    desk.ask(7, durable=True)
    desk.correlator.scored(batch([7]))
    assert desk.got == []
    desk.correlator.ended(0, PRODUCER, committed=True)
    assert not desk.answers[0].provisional


def test_a_durable_request_gets_the_provisional_score_at_its_deadline() -> None:
    desk = Desk()
    desk.ask(7, durable=True)
    desk.correlator.scored(batch([7]))
    desk.timers.move(0.2)
    (answer,) = desk.answers
    assert (answer.provisional, answer.fallback, answer.surprise) == (True, "", 0.5)


@pytest.mark.parametrize("alert_first", [True, False])
def test_a_review_comes_with_its_reasons(alert_first: bool) -> None:
    desk = Desk()
    desk.ask(7)
    events = [lambda: desk.correlator.alerted((0, 7), alert_at(7))]
    events.insert(
        0 if not alert_first else 1, lambda: desk.correlator.scored(batch([7], decisions=[REVIEWED]))
    )
    events[0]()
    assert desk.got == []
    events[1]()
    (answer,) = desk.answers
    assert (answer.decision, answer.episode, answer.rules) == ("review", "ring", ["risk card"])
    assert [reason.feature for reason in answer.reasons] == ["card_ratio_7d", "risk card"]
    assert (list(answer.tags), answer.queue) == (["gift-cards"], "travel-team")


def test_a_review_whose_reasons_are_late_comes_without_them_at_the_deadline() -> None:
    desk = Desk()
    desk.ask(7)
    desk.correlator.scored(batch([7], decisions=[REVIEWED]))
    desk.timers.move(0.2)
    (answer,) = desk.answers
    assert (answer.decision, answer.fallback, list(answer.reasons)) == ("review", "", [])
    assert (list(answer.tags), answer.queue) == ([], "")


def test_the_same_transaction_waits_with_the_first_and_another_under_its_id_is_a_conflict() -> None:
    desk = Desk()
    desk.ask(7)
    desk.ask(7)
    desk.ask(7, amount=13.0)
    assert [type(one) for one in desk.got] == [Conflict]
    desk.correlator.scored(batch([7]))
    assert desk.got[1] == desk.got[2]
    desk.ask(7)
    desk.ask(7, amount=13.0)
    assert desk.got[3] == desk.got[1]
    assert isinstance(desk.got[4], Conflict)


def test_a_batch_that_was_aborted_is_answered_by_the_batch_that_repeats_it() -> None:
    desk = Desk()
    desk.ask(7, durable=True)
    desk.correlator.scored(batch([6, 7]))
    desk.correlator.ended(0, PRODUCER, committed=False)
    desk.correlator.scored(batch([7, 8]))
    assert desk.got == []
    desk.correlator.ended(0, PRODUCER, committed=True)
    assert not desk.answers[0].provisional


def test_the_end_of_another_transaction_commits_nothing() -> None:
    desk = Desk()
    desk.ask(7, durable=True)
    desk.correlator.scored(batch([7]))
    desk.correlator.ended(0, PRODUCER + 1, committed=True)
    desk.correlator.ended(1, PRODUCER, committed=True)
    assert desk.got == []


def test_a_new_producer_repeats_what_another_left_open() -> None:
    desk = Desk()
    desk.ask(7, durable=True)
    desk.correlator.scored(batch([7]))
    desk.correlator.scored(batch([7], producer=PRODUCER + 1))
    desk.correlator.ended(0, PRODUCER + 1, committed=True)
    assert not desk.answers[0].provisional
    desk.correlator.ended(0, PRODUCER, committed=False)
    desk.ask(7, durable=True)
    assert not desk.answers[1].provisional


def test_an_id_that_was_scored_twice_keeps_its_first_score() -> None:
    desk = Desk()
    desk.correlator.scored(batch([7], ids=[b"one"]))
    desk.correlator.scored(batch([9], ids=[b"one"], decisions=[REVIEWED]))
    found = desk.correlator._recent.find(b"one")
    assert found is not None
    assert found[0].score(found[1]).offset == 7


def test_memory_keeps_the_newest_scores_only() -> None:
    desk = Desk(most=10)
    desk.correlator.scored(batch(range(25)))
    known = [offset for offset in range(25) if desk.correlator._recent.find(b"tx-0-%d" % offset)]
    assert known == list(range(15, 25))


def test_a_transaction_that_was_not_stored_gets_the_fallback_at_once() -> None:
    desk = Desk()
    desk.ask(7)
    desk.correlator.fail(b"tx-0-7", Cause.NOT_STORED)
    (answer,) = desk.answers
    assert (answer.decision, answer.fallback) == ("review", "not_stored")
    assert desk.limit.under_way == 0


def test_a_batch_outside_of_a_transaction_is_durable_at_once() -> None:
    desk = Desk()
    desk.ask(7, durable=True)
    desk.correlator.scored(batch([7], producer=None))
    assert not desk.answers[0].provisional
