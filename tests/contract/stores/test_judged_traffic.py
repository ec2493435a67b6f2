"""A what-if counts the newest transactions of a period, each with its last verdict."""

import numpy as np
from sqlalchemy import Engine

from storage import UnitOfWork
from storage.judged_traffic import load_judged_traffic
from storage.labels import FRAUD, GENUINE
from tests.contract.stores.conftest import ScoredRow


def store(engine: Engine, scored_row: ScoredRow) -> None:
    """Store six at times 0 to 5: the last verdict on 2 is genuine; 4 is a fraud, reported in advance."""
    verdicts = [("2", FRAUD, 10.0), ("2", GENUINE, 11.0), ("4", FRAUD, 1.0), ("0", FRAUD, 9.0)]
    narrow = np.zeros(2, "<f4").tobytes()
    with UnitOfWork(engine) as unit:
        unit.transactions.add_many([scored_row(offset=n, amount=10.0 * n) for n in range(6)])
        unit.transactions.add_many([scored_row(offset=6, event_time=4.5, features=narrow)])
        unit.labels.add_many(
            (f"tx-0-{n}", verdict, "analyst", "ada", at, f"r-{at}") for n, verdict, at in verdicts
        )
        unit.commit()


def test_the_newest_come_first_with_the_last_word_on_each(engine: Engine, scored_row: ScoredRow) -> None:
    store(engine, scored_row)
    with UnitOfWork(engine, reads_only=True) as unit:
        found = load_judged_traffic(unit.session, since=2.0, most=10, width=3)
    assert found.event_time.tolist() == [5.0, 4.0, 3.0, 2.0]  # no rows of another width
    assert found.amount.tolist() == [50.0, 40.0, 30.0, 20.0]
    assert found.verdicts == [None, FRAUD, None, GENUINE]
    assert found.features.tolist() == [[0.5, -2.0, 3.25]] * 4


def test_it_is_bounded_and_leaves_out_what_it_is_told_to(engine: Engine, scored_row: ScoredRow) -> None:
    store(engine, scored_row)
    with UnitOfWork(engine, reads_only=True) as unit:
        found = load_judged_traffic(unit.session, since=0.0, most=2, width=3, apart_from=["tx-0-5"])
        nothing = load_judged_traffic(unit.session, since=99.0, most=2, width=3)
    assert found.event_time.tolist() == [4.0, 3.0]
    assert (len(nothing), nothing.features.shape) == (0, (0, 3))
