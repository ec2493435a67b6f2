"""Transactions are validated, matched with earlier ones, and written in their order of arrival."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from contracts.dead_letter import POISON, REUSED_ID
from contracts.decision import Decision
from decisions import intake
from decisions.answer import Answer, Cause, Policy, Score
from decisions.correlator import Correlator
from decisions.errors import Conflict, Invalid, Refusal
from decisions.fingerprint import fingerprint
from decisions.http.asking import id_reader
from decisions.intake import Intake, Stored
from decisions.limit import Limit
from decisions.recent import Place, Recent
from decisions.waiting import Waiter
from features.decode import Decoder
from features.schema import TransactionSchema
from tests.unit.decisions.at_hand import ManualTimers

DECODER = Decoder(TransactionSchema())
NOW = round(time.time())
ID_OF = id_reader("transaction_id")


class WriterThatRemembers:
    """Keeps what it is given, in order."""

    def __init__(self) -> None:
        self.written: list[tuple[bytes, bytes]] = []
        self.done: Callable[[Place | None], None] = lambda place: None

    async def write(self, key: bytes, value: bytes, done: Callable[[Place | None], None]) -> None:
        await asyncio.sleep(0)
        self.written.append((key, value))
        self.done = done


class LookupAtHand:
    """Knows the answers that a test puts into it."""

    def __init__(self) -> None:
        self.stored: dict[str, Stored] = {}
        self.asked: list[Sequence[str]] = []

    async def find(self, ids: Sequence[str]) -> dict[str, Stored]:
        self.asked.append(ids)
        return {one: self.stored[one] for one in ids if one in self.stored}


class Door:
    """An intake with everything at hand."""

    def __init__(self) -> None:
        self.timers, self.writer, self.lookup = ManualTimers(), WriterThatRemembers(), LookupAtHand()
        self.limit = Limit(1_000, 0.05, self.timers.time)
        self.policy = Policy(Decision.REVIEW)
        self.correlator = Correlator(Recent(1_000), self.policy, self.limit, self.timers)
        self.intake = Intake(DECODER, self.correlator, self.limit, self.lookup, self.writer, self.timers)
        self.got: list[Answer | Refusal] = []

    def send(self, *bodies: bytes) -> None:
        """Submit the transactions, and run the round that takes them in."""
        waiters = [Waiter(ID_OF(one), self.timers.now + 0.1, False, self.got.append) for one in bodies]
        assert self.intake.submit(bodies, waiters)
        taken, self.intake._waiting = self.intake._waiting, []
        asyncio.run(self.intake.round(taken))


def body(number: int, **changes: Any) -> bytes:
    values = {
        "transaction_id": f"t{number}", "timestamp": NOW, "amount": 9.5, "card_id": "c1", "merchant_id": "m1",
    }  # fmt: skip
    return msgspec.json.encode(values | changes)


def test_transactions_are_written_as_they_came_and_in_their_order() -> None:
    door = Door()
    bodies = [body(number, card_id=f"c{number % 3}") for number in range(20)]
    door.send(*bodies)
    assert door.writer.written == [(b"c%d" % (n % 3), one) for n, one in enumerate(bodies)]
    assert door.got == []
    assert door.limit.under_way == 20


def test_an_invalid_transaction_is_refused_and_the_others_are_taken() -> None:
    door = Door()
    door.send(body(1), body(2, amount=-1), b"{", body(3, note="4111 1111 1111 1111"), body(4))
    assert len(door.writer.written) == 2
    assert [type(one) for one in door.got] == [Invalid] * 3
    refused = {(one.where, one.what) for one in door.got if isinstance(one, Refusal)}
    assert ("amount", "the amount is negative") in refused
    assert ("transaction", "the transaction holds what may be a card number") in refused
    assert not any("4111" in text for pair in refused for text in pair)
    assert door.limit.under_way == 2


def test_the_same_transaction_in_another_spelling_is_written_once() -> None:
    door = Door()
    reordered = msgspec.json.encode(dict(reversed(msgspec.json.decode(body(1)).items())) | {"try": 2})
    door.send(body(1), reordered)
    door.send(body(1))
    assert len(door.writer.written) == 1
    assert door.limit.under_way == 1


def test_another_transaction_under_the_id_of_a_pending_one_is_a_conflict() -> None:
    door = Door()
    door.send(body(1), body(1, amount=9.6))
    assert [type(one) for one in door.got] == [Conflict]
    assert len(door.writer.written) == 1


def test_an_older_id_gets_its_stored_answer_and_is_not_written() -> None:
    door = Door()
    score = Score("t1", 0, 7, 0.5, Decision.APPROVE, "base", 3, 1.7e9)
    print_ = fingerprint("t1", float(NOW), 9.5, "", -1, False, ["c1", "m1"])
    answer = door.policy.answer(score, None, provisional=False)
    door.lookup.stored["t1"] = Stored(print_, answer)
    door.send(body(1), body(2))
    assert door.got == [answer]
    assert door.lookup.asked == [["t1", "t2"]]
    door.send(body(1, amount=9.6))
    assert isinstance(door.got[1], Conflict)
    assert len(door.writer.written) == 1


def test_a_transaction_that_the_broker_does_not_take_gets_the_fallback() -> None:
    door = Door()
    door.send(body(1))
    door.writer.done(None)
    (answer,) = door.got
    assert isinstance(answer, Answer)
    assert (answer.id, answer.fallback) == ("t1", Cause.NOT_STORED)
    assert door.limit.under_way == 0


def test_a_dead_letter_ends_the_wait_whether_it_comes_before_or_after_the_acknowledgement() -> None:
    door = Door()
    door.send(body(1))
    door.writer.done((2, 40))
    door.correlator.rejected((2, 40), POISON)
    door.send(body(2))
    door.correlator.rejected((2, 41), REUSED_ID)
    assert len(door.got) == 1
    door.writer.done((2, 41))
    first, second = door.got
    assert isinstance(first, Answer)
    assert first.fallback == Cause.NOT_SCORED
    assert isinstance(second, Conflict)
    assert door.limit.under_way == 0


def test_a_deadline_holds_while_the_intake_itself_stands_still() -> None:
    door = Door()
    waiter = Waiter("t1", door.timers.now + 0.1, False, door.got.append)
    assert door.intake.submit([body(1)], [waiter])
    door.timers.move(0.2)
    (answer,) = door.got
    assert isinstance(answer, Answer)
    assert (answer.id, answer.fallback) == ("t1", Cause.DEADLINE)


def test_payments_that_arrive_soon_after_a_round_share_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first round begins at once. The second one begins `APART_S` later, here never."""
    monkeypatch.setattr(intake, "APART_S", 3_600.0)
    door = Door()

    async def send_three() -> None:
        running = asyncio.create_task(door.intake.run())
        for number in range(3):
            waiter = Waiter(f"t{number}", door.timers.now + 0.1, False, door.got.append)
            assert door.intake.submit([body(number)], [waiter])
            for _ in range(20):  # many times what a round of these fakes takes
                await asyncio.sleep(0)
        running.cancel()

    asyncio.run(send_three())
    assert door.lookup.asked == [["t0"]]
    assert [one.waiter.id for one in door.intake._waiting] == ["t1", "t2"]
