"""A payment matches a rule, its card is put on a list, and the next payment of the card is decided by it."""

from __future__ import annotations

import msgspec
from sqlalchemy import Engine, select

from control.history import snapshot_of
from rules.definition import definition_to_bytes
from rules.lists.change import ListChange, encode_change
from rules.lists.definition import ListDefinition, Use
from storage import UnitOfWork
from storage.audit_log import AuditEntry
from tests.adaptation_worker import KEY, Analyst, adapting, record_control
from tests.recomputed import recomputed
from tests.stream_run import StreamRun
from tests.waiting import until
from tests.written_rules import definition

CARDS = 60
AUTHOR = "rule/large"


def test_the_next_payment_of_a_card_that_matched_is_on_the_list(
    run: StreamRun, engine: Engine, analyst: Analyst
) -> None:
    """From a match to a decision by the list.

    1. A block list and a rule that adds cards to it come into force.  2. Payments match; their own decisions
    stay.  3. Their cards are on the list, signed and noted.  4. Their next payments are declined.
    5. Scores recompute.
    """
    run.start_worker()
    with adapting(run.settings, engine):
        change = encode_change(ListChange(definition=ListDefinition(Use.BLOCK, "card")))
        analyst.send("q-1", "list", name="hot", definition=change)
        analyst.live_at("q-1")
        rule = definition(
            "amount > 20", action="add_to_list", to_list="hot", entity="card", lasting="7d", note="large"
        )
        analyst.send("q-2", "rule", name="large", definition=definition_to_bytes(rule).decode())
        analyst.live_at("q-2")
        run.send_transactions(100, cards=CARDS)
        first = run.wait_for_scores(100, within_s=400.0)
        matched = cards_of(run, over=20.0)
        assert matched
        until(lambda: listed(run, engine) >= matched, what="the cards on the list", within_s=200.0)
        analyst.send("q-3", "list", name="later", definition=change)
        analyst.live_at("q-3")  # so the additions before it are in force on every partition
        run.send_transactions(100, seed=2, cards=CARDS)
        scores = run.wait_for_scores(200, within_s=400.0)
        every = cards_of(run, over=20.0)
        until(lambda: listed(run, engine) == every, what="the later cards listed", within_s=200.0)
    declined = {str(s["transaction_id"]) for s in scores if s["decision"] == "decline"}
    later = {str(s["transaction_id"]) for s in scores} - {str(s["transaction_id"]) for s in first}
    card_of = card_by_id(run)
    assert declined & later == {one for one in later if card_of[one] in matched}
    assert declined & later < later
    with UnitOfWork(engine, reads_only=True) as unit:
        entries = [one for one in unit.session.scalars(select(AuditEntry)) if one.actor == AUTHOR]
    assert sum(one.details["put"] for one in entries) == len(every)
    again = recomputed([value for _, value in run.records(run.settings.topics.scored)], engine)
    assert all(one.equal for one in again)


def payments(run: StreamRun) -> list[dict[str, object]]:
    return [msgspec.json.decode(value) for _, value in run.records(run.settings.topics.transactions)]


def cards_of(run: StreamRun, over: float) -> set[str]:
    amount, card = run.settings.transaction.amount, run.settings.entities[0].field
    return {str(one[card]) for one in payments(run) if float(str(one[amount])) > over}


def card_by_id(run: StreamRun) -> dict[str, str]:
    identity, card = run.settings.transaction.id, run.settings.entities[0].field
    return {str(one[identity]): str(one[card]) for one in payments(run)}


def listed(run: StreamRun, engine: Engine) -> set[str]:
    record_control(run.settings, engine)
    with UnitOfWork(engine, reads_only=True) as unit:
        table = snapshot_of(unit.control.all(), KEY).lists.by_name["hot"]
    return {key.decode() for key, why in table.items() if why.by == AUTHOR}
