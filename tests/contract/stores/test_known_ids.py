"""A kept connection sees each new row, and survives the end of the server's side."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, event

from storage import StorageUnavailable, UnitOfWork
from storage.known_ids import KnownIds

ScoredRow = Callable[..., tuple[Any, ...]]


def store(engine: Engine, row: tuple[Any, ...]) -> str:
    with UnitOfWork(engine) as unit:
        unit.transactions.add_many([row])
        unit.commit()
        (found,) = unit.transactions.evenly_spaced(1)
        return found.transaction_id


def test_a_row_that_is_stored_between_two_questions_is_seen(engine: Engine, scored_row: ScoredRow) -> None:
    known = KnownIds(engine)
    assert known.among(["no such id"]) == set()
    identity = store(engine, scored_row())
    assert known.among([identity, "no such id"]) == {identity}
    known.close()


def test_a_question_leaves_no_lock_behind(engine: Engine, scored_row: ScoredRow) -> None:
    known = KnownIds(engine)
    identity = store(engine, scored_row())
    assert known.among([identity]) == {identity}
    with UnitOfWork(engine) as unit:
        unit.transactions.add_many([scored_row(offset=99)])
        unit.commit()
    known.close()


def test_a_broken_connection_is_replaced(engine: Engine, scored_row: ScoredRow) -> None:
    known = KnownIds(engine)
    identity = store(engine, scored_row())
    known.among([identity])
    assert known._connection is not None
    known._connection.connection.dbapi_connection.close()  # type: ignore[union-attr]
    try:
        assert known.among([identity]) == {identity}
    finally:
        known.close()


def test_a_database_that_does_not_answer_is_named(engine: Engine) -> None:
    known = KnownIds(engine)

    def fail(*_: object) -> None:
        raise engine.dialect.loaded_dbapi.OperationalError("gone")

    event.listen(engine, "before_cursor_execute", fail)
    try:
        with pytest.raises(StorageUnavailable):
            known.among(["t1"])
    finally:
        event.remove(engine, "before_cursor_execute", fail)
        known.close()
