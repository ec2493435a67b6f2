"""The budget is counted on stored transactions and on alerts with their verdicts."""

from __future__ import annotations

import json

from sqlalchemy import Engine

from storage import UnitOfWork
from storage.alerts import CONFIRMED, REJECTED
from storage.budget_counts import alert_verdicts, count_after, counts_by_cause
from tests.contract.stores.conftest import ScoredRow


def store(engine: Engine, scored_row: ScoredRow) -> None:
    """Store six transactions at times 0 to 5 and alerts on the last three: open, confirmed, rejected."""
    with UnitOfWork(engine) as unit:
        unit.transactions.add_many([scored_row(offset=n, event_time=float(n)) for n in range(6)])
        unit.transactions.add_many([scored_row(partition=1, offset=9, event_time=5.5)])
        unit.alerts.add_many(
            (0, n, f"tx-0-{n}", float(n), json.dumps({}), 1.0, 3.0 + n, 3.0, "base", "card")
            for n in (3, 4, 5)
        )
        unit.alerts.set_status(["tx-0-4"], CONFIRMED)
        unit.alerts.set_status(["tx-0-5"], REJECTED)
        unit.commit()


def test_the_newest_alerts_come_first_with_their_verdicts(engine: Engine, scored_row: ScoredRow) -> None:
    store(engine, scored_row)
    with UnitOfWork(engine, reads_only=True) as unit:
        found = alert_verdicts(unit.session, 3.0)
        assert alert_verdicts(unit.session, 3.0, most=1).event_time.tolist() == [5.0]
    assert found.event_time.tolist() == [5.0, 4.0, 3.0]
    assert found.surprise.tolist() == [8.0, 7.0, 6.0]
    assert found.judged.tolist() == [True, True, False]
    assert found.fraud.tolist() == [False, True, False]
    assert len(found.control_offset) == 3
    assert len(set(found.card.tolist())) == 1


def test_alerts_without_a_card_are_not_of_one_card(engine: Engine, scored_row: ScoredRow) -> None:
    with UnitOfWork(engine) as unit:
        unit.transactions.add_many([scored_row(offset=n, event_time=float(n)) for n in range(4)])
        unit.alerts.add_many(
            (0, n, f"tx-0-{n}", float(n), json.dumps({}), 1.0, 3.0, 3.0, "base", card)
            for n, card in enumerate(("", "", "c-1", "c-1"))
        )
        unit.commit()
    with UnitOfWork(engine, reads_only=True) as unit:
        newest = alert_verdicts(unit.session, 0.0).card.tolist()
    assert newest[0] == newest[1]
    assert len(set(newest)) == 3


def test_alerts_are_counted_by_what_raised_them(engine: Engine, scored_row: ScoredRow) -> None:
    causes = ("", "segment/large", "rule/r", "")
    scorers = ("base", "base", "gift-cards", "rule/r")  # the last is of a release that stored no cause
    with UnitOfWork(engine) as unit:
        unit.transactions.add_many([scored_row(offset=n, event_time=float(n)) for n in range(4)])
        unit.alerts.add_many(
            (0, n, f"tx-0-{n}", float(n), "{}", 1.0, 3.0, 3.0, scorer, "c", "", "", cause)
            for n, (scorer, cause) in enumerate(zip(scorers, causes, strict=True))
        )
        unit.alerts.set_status(["tx-0-1"], CONFIRMED)
        unit.alerts.set_status(["tx-0-3"], REJECTED)
        unit.commit()
    with UnitOfWork(engine, reads_only=True) as unit:
        found = {(one.scorer, one.cause): one for one in counts_by_cause(unit.session, 0.0)}
        newest_first = alert_verdicts(unit.session, 0.0).cause.tolist()
        assert len(counts_by_cause(unit.session, 2.0)) == 2
    assert newest_first == [1, 1, 2, 0]
    assert {key: (one.alerts, one.confirmed, one.rejected) for key, one in found.items()} == {
        ("base", ""): (1, 0, 0),
        ("base", "segment/large"): (1, 1, 0),
        ("gift-cards", "rule/r"): (1, 0, 0),
        ("rule/r", "rule/r"): (1, 0, 1),
    }


def test_only_what_is_stored_after_the_given_offsets_counts(engine: Engine, scored_row: ScoredRow) -> None:
    store(engine, scored_row)
    with UnitOfWork(engine, reads_only=True) as unit:
        assert count_after(unit.session, {}, 0.0) == 7
        assert count_after(unit.session, {}, 4.0) == 3
        assert count_after(unit.session, {0: 4, 1: 9}, 0.0) == 1
