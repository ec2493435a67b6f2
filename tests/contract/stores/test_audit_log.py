"""The audit log is append-only, and the check detects any tampering."""

import threading

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from storage import UnitOfWork, audit_log
from storage.audit_keys import AuditKeys
from storage.audit_log import GENESIS, AuditEntry, Head
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
        unit.audit.append(f"ada {PAN}", "flag", subject=f"card {PAN}", time=1.0, details={"note": PAN})
        unit.commit()
    with engine.connect() as connection:
        stored = " ".join(map(str, connection.execute(text("SELECT * FROM audit_log")).one()))
    assert PAN not in stored
    assert verify(engine).position == 1


def test_an_entry_is_stored_as_it_was_appended_and_chained(engine: Engine) -> None:
    with UnitOfWork(engine) as unit:
        assert unit.audit.head() == Head(0, GENESIS)
        first = unit.audit.append("ada", "flag", subject="e-1", time=1.5, details={"ids": (1, 2)})
        second = unit.audit.append("bob", "approve", subject="e-2", time=2.5)
        unit.commit()
    with UnitOfWork(engine, reads_only=True) as unit:
        one, two = unit.audit._entries()
        assert (one.position, one.actor, one.action, one.subject) == (1, "ada", "flag", "e-1")
        assert (one.time, one.details, one.previous_hash) == (1.5, {"ids": [1, 2]}, GENESIS)
        assert (two.time, two.details, two.previous_hash) == (2.5, {}, first.hash)
        assert one.key_id is None
        assert unit.audit.head() == Head(2, second.hash) == unit.audit.verify().head


def test_the_log_knows_which_action_was_done_on_which_subject(engine: Engine) -> None:
    append(engine, 1)
    with UnitOfWork(engine, reads_only=True) as unit:
        assert unit.audit.has("flag", "episode-0")
        assert not unit.audit.has("approve", "episode-0")
        assert not unit.audit.has("flag", "episode-1")


def test_a_log_longer_than_a_page_is_read_whole_and_once(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(engine, 5)
    monkeypatch.setattr(audit_log, "ROWS_PER_FETCH", 2)
    with UnitOfWork(engine, reads_only=True) as unit:
        assert [entry.position for entry in unit.audit._entries()] == [1, 2, 3, 4, 5]
        assert [entry.position for entry in unit.audit._entries(2)] == [3, 4, 5]
    assert verify(engine).position == 5


def test_a_gap_is_named_with_what_comes_after_it(engine: Engine) -> None:
    append(engine, 5)
    tamper(engine, "DELETE FROM audit_log WHERE position IN (2, 3)")
    with pytest.raises(AuditLogBroken, match="broken at entry 2: it is missing, the next entry is 4"):
        verify(engine)


def test_a_known_end_in_the_middle_of_the_log_must_be_in_it(engine: Engine) -> None:
    append(engine, 2)
    middle = verify(engine)
    append(engine, 2)
    assert verify(engine, middle).position == 4
    with pytest.raises(AuditLogBroken, match="broken at entry 2: the chain was rewritten"):
        verify(engine, middle, Head(2, "f" * 64))
    with pytest.raises(
        AuditLogBroken, match="broken at entry 5: the log is cut off before the known entry 9"
    ):
        verify(engine, Head(9, "f" * 64), middle)


def test_a_check_from_a_verified_end_on_needs_that_end(engine: Engine) -> None:
    append(engine, 3)
    with UnitOfWork(engine, reads_only=True) as unit:
        end = unit.audit.verify().head
        assert unit.audit.verify(after=end).head == end
        with pytest.raises(AuditLogBroken, match="broken at entry 4: the log is cut off before this"):
            unit.audit.verify(after=Head(4, end.hash))
        with pytest.raises(AuditLogBroken, match="broken at entry 3: the chain was rewritten"):
            unit.audit.verify(after=Head(3, "f" * 64))
    append(engine, 1)
    with UnitOfWork(engine, reads_only=True) as unit:
        assert unit.audit.verify(after=end).head.position == 4


def test_a_head_is_written_and_read_as_position_and_hash() -> None:
    head = Head(12, "0f" * 32)
    assert str(head) == "12:" + "0f" * 32
    assert Head.read(str(head)) == head


@pytest.mark.parametrize("text", ["", "12", "x:" + "0f" * 32, "12:" + "0F" * 32, "12:0f", "1:" + "0" * 65])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not POSITION:HASH"):
        Head.read(text)


def test_hashes_of_earlier_releases_stay_valid() -> None:
    """A change in how an entry is hashed would break every log that exists. Hashes of 2026-11-28."""
    entry = AuditEntry(
        position=7, time=1.5, actor="ada", action="flag", subject="é-1", details={"b": [1, 2], "a": None},
        previous_hash=GENESIS,
    )  # fmt: skip
    key = AuditKeys.read("a secret of enough length").current
    assert entry.expected_hash(None) == "f897b72411f9d400f4f77343711def2888b0d9076df8d7dcc070ea328752238d"
    assert entry.expected_hash(key) == "738260e8cc52ea4080e4cc7dc2be2bb397776a39c2e4562e36dbf9c01ecd3612"
    assert key.key_id == "9f039a4356450b14"
