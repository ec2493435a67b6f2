"""The audit log's chain is keyed: who can rewrite the table cannot forge an entry."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from storage import UnitOfWork
from storage.audit_keys import OPTION, AuditKeys
from storage.audit_log import AuditEntry, Head
from storage.errors import AuditKeyMissing, AuditLogBroken, UnusableAuditKey
from tests.contract.stores.test_audit_log import append, tamper

OLD, NEW = AuditKeys.read("an old secret of enough length"), AuditKeys.read("a new secret of enough length")
BOTH = AuditKeys(NEW.current, [OLD.current])


def keyed(engine: Engine, keys: AuditKeys) -> Engine:
    return engine.execution_options(**{OPTION: keys})


def verify(engine: Engine, *known: Head, after: Head | None = None) -> tuple[int, int | None]:
    with UnitOfWork(engine, reads_only=True) as unit:
        found = unit.audit.verify(known=known, after=after)
        return found.head.position, found.keyed_from


def head(engine: Engine) -> Head:
    with UnitOfWork(engine, reads_only=True) as unit:
        return unit.audit.head()


def forge(engine: Engine, since: int) -> None:
    """Change an entry and compute every hash after it anew, as an administrator of the database could."""
    tamper(engine, f"UPDATE audit_log SET actor = 'eve' WHERE position = {since}")
    with UnitOfWork(engine) as unit:
        entries = list(unit.audit._entries(since - 1))
        for entry, before in zip(entries, [None, *entries[:-1]], strict=True):
            entry.previous_hash = before.hash if before else entry.previous_hash
            entry.hash = entry.expected_hash(None)
        unit.commit()


def test_who_rewrites_the_chain_without_the_key_is_found(engine: Engine) -> None:
    with_key = keyed(engine, NEW)
    append(with_key, 4)
    assert verify(with_key) == (4, 1)
    forge(engine, 2)
    with pytest.raises(AuditLogBroken, match="at entry 2: its content does not match") as found:
        verify(with_key)
    assert found.value.position == 2


def test_a_chain_rewritten_without_any_key_is_found(engine: Engine) -> None:
    with_key = keyed(engine, NEW)
    append(with_key, 3)
    tamper(engine, "UPDATE audit_log SET key_id = NULL")
    with UnitOfWork(engine) as unit:
        before = None
        for entry in unit.audit._entries():
            entry.previous_hash = before.hash if before else entry.previous_hash
            entry.hash = entry.expected_hash(None)
            before = entry
        unit.commit()
    with pytest.raises(AuditLogBroken, match="at entry 3: no entry is keyed"):
        verify(with_key)


def test_entries_of_an_earlier_release_verify_and_are_protected_by_the_first_keyed_one(
    engine: Engine,
) -> None:
    append(engine, 3)
    with_key = keyed(engine, NEW)
    with UnitOfWork(with_key) as unit:
        unit.audit.begin_key(time=1.0)
        unit.audit.begin_key(time=1.0)  # a second start adds nothing
        unit.commit()
        noted = list(unit.audit._entries(3))
    entry = [(one.actor, one.action, one.subject, one.time, one.key_id) for one in noted]
    assert entry == [("flagfive", "use audit key", NEW.current.key_id, 1.0, NEW.current.key_id)]
    append(with_key, 1)
    assert verify(with_key) == (5, 4)
    forge(engine, 2)
    with pytest.raises(AuditLogBroken):
        verify(with_key)


def test_without_keys_no_key_is_begun_and_with_a_new_one_it_is(engine: Engine) -> None:
    def begin(keys: AuditKeys | None) -> int:
        with UnitOfWork(engine if keys is None else keyed(engine, keys)) as unit:
            unit.audit.begin_key(time=1.0)
            unit.commit()
            return unit.audit.head().position

    assert [begin(keys) for keys in (None, OLD, OLD, BOTH, BOTH)] == [0, 1, 1, 2, 2]


def test_an_empty_log_verifies_with_keys_too(engine: Engine) -> None:
    assert verify(keyed(engine, NEW)) == (0, None)
    append(engine, 1)
    assert verify(engine) == (1, None)


def test_a_key_is_found_by_its_id() -> None:
    assert BOTH.find(OLD.current.key_id) == OLD.current
    assert BOTH.find(NEW.current.key_id) == NEW.current
    assert NEW.find(OLD.current.key_id) is None
    several = AuditKeys.read("a new secret of enough length, an old secret of enough length")
    assert several.current == NEW.current
    assert several.find(OLD.current.key_id) == OLD.current
    assert AuditKeys.read("x" * 16).current.secret == b"x" * 16


def test_keys_are_rotated_and_older_entries_still_verify(engine: Engine) -> None:
    append(keyed(engine, OLD), 2)
    append(keyed(engine, BOTH), 2)
    assert verify(keyed(engine, BOTH)) == (4, 1)
    with pytest.raises(AuditLogBroken, match=r"at entry 1: .* which is not given"):
        verify(keyed(engine, NEW))


def test_a_process_without_a_key_cannot_add_to_a_keyed_log(engine: Engine) -> None:
    append(keyed(engine, NEW), 1)
    with pytest.raises(AuditKeyMissing, match="FLAGFIVE_STORAGE__AUDIT_KEY"):
        append(engine, 1)


def test_a_keyed_log_cannot_be_verified_without_its_key(engine: Engine) -> None:
    append(keyed(engine, NEW), 1)
    with pytest.raises(AuditLogBroken, match=r"sealed with key .* which is not given"):
        verify(engine)


def test_an_entry_without_a_key_after_a_keyed_one_is_found(engine: Engine) -> None:
    with_key = keyed(engine, NEW)
    append(with_key, 1)
    end = head(with_key)
    with UnitOfWork(engine) as unit:
        forged = AuditEntry(
            position=2, time=1.0, actor="eve", action="flag", subject="x", details={}, previous_hash=end.hash
        )
        forged.hash = forged.expected_hash(None)
        unit.session.add(forged)
        unit.commit()
    with pytest.raises(AuditLogBroken, match="at entry 2: it has no key"):
        verify(with_key)


def test_a_log_is_checked_against_anchors_and_from_an_anchor_on(engine: Engine) -> None:
    with_key = keyed(engine, NEW)
    anchors = []
    for _ in range(3):
        append(with_key, 2)
        anchors.append(head(with_key))
    assert verify(with_key, *anchors) == (6, 1)
    assert verify(with_key, after=anchors[0]) == (6, 3)
    with pytest.raises(AuditLogBroken, match="rewritten"):
        verify(with_key, Head(4, "0" * 64), *anchors)
    tamper(engine, "DELETE FROM audit_log WHERE position > 5")
    with pytest.raises(AuditLogBroken, match="cut off before the known entry 6"):
        verify(with_key, *anchors)


def test_a_key_neither_shows_nor_is_short() -> None:
    assert "secret" not in repr(NEW).replace("secret=", "")
    with pytest.raises(UnusableAuditKey, match="has 5 characters: allowed are secrets of at least 16"):
        AuditKeys.read("a secret of enough length,short")
