"""The audit log is append-only, and the check detects any tampering."""

import threading

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from storage import UnitOfWork
from storage.audit_log import Head
from storage.errors import AuditLogBroken

PAN = "4111111111111111"


def append(engine: Engine, count: int, **details: object) -> None:
    for number in range(count):
        with UnitOfWork(engine) as unit:
            unit.audit.append("ada", "flag", subject=f"episode-{number}", time=1.5, details=details)
            unit.commit()


def verify(engine: Engine, *known: Head) -> Head:
    with UnitOfWork(engine, reads_only=True) as unit:
        return unit.audit.verify(known=known).head


def tamper(engine: Engine, statement: str) -> None:
    """Change the table as the owner of the database could."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER audit_log_refuses_update"))
            connection.execute(text("DROP TRIGGER audit_log_refuses_delete"))
        else:
            connection.execute(text("DROP TRIGGER audit_log_append_only ON audit_log"))
        connection.execute(text(statement))


def test_an_untouched_log_verifies_to_its_head(engine: Engine) -> None:
    append(engine, 5, recall=0.75, ids=["a", "b"])
    assert verify(engine).position == 5


def test_an_empty_log_verifies(engine: Engine) -> None:
    assert verify(engine).position == 0


@pytest.mark.parametrize("statement", ["UPDATE audit_log SET actor = 'eve'", "DELETE FROM audit_log"])
def test_the_database_refuses_to_change_an_entry(engine: Engine, statement: str) -> None:
    append(engine, 2)
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(text(statement))
    assert verify(engine).position == 2


@pytest.mark.parametrize(
    ("statement", "position"),
    [
        ("UPDATE audit_log SET actor = 'eve' WHERE position = 2", 2),
        ("UPDATE audit_log SET time = 9 WHERE position = 3", 3),
        ("UPDATE audit_log SET details = '{\"k\": 1}' WHERE position = 1", 1),
        ("DELETE FROM audit_log WHERE position = 2", 2),
        ("DELETE FROM audit_log WHERE position = 1", 1),
        ("UPDATE audit_log SET previous_hash = hash WHERE position = 4", 4),
    ],
)
def test_tampering_is_found_where_it_happened(engine: Engine, statement: str, position: int) -> None:
    append(engine, 4)
    tamper(engine, statement)
    with pytest.raises(AuditLogBroken) as found:
        verify(engine)
    assert found.value.position == position


def test_a_cut_off_end_shows_against_a_head_kept_elsewhere(engine: Engine) -> None:
    append(engine, 4)
    head = verify(engine)
    tamper(engine, "DELETE FROM audit_log WHERE position > 2")
    assert verify(engine).position == 2
    with pytest.raises(AuditLogBroken, match="cut off before the known entry 4"):
        verify(engine, head)


def test_a_chain_written_anew_shows_against_a_head_kept_elsewhere(engine: Engine) -> None:
    append(engine, 2)
    with pytest.raises(AuditLogBroken, match="rewritten"):
        verify(engine, Head(2, "f" * 64))


def test_writers_at_once_make_one_chain(engine: Engine) -> None:
    writers = [threading.Thread(target=append, args=(engine, 10)) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert verify(engine).position == 40


def test_card_numbers_are_masked_and_the_hash_covers_what_is_stored(engine: Engine) -> None:
    with UnitOfWork(engine) as unit:
        unit.audit.append("ada", "flag", subject=f"card {PAN}", time=1.0, details={"note": PAN})
        unit.commit()
    with engine.connect() as connection:
        stored = " ".join(map(str, connection.execute(text("SELECT * FROM audit_log")).one()))
    assert PAN not in stored
    assert verify(engine).position == 1
