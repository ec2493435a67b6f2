"""The database opens as configured, or an error names it."""

from pathlib import Path

import pytest
from sqlalchemy import text

from storage import StorageUnavailable, UnitOfWork, open_engine
from storage.errors import UnsupportedDatabase


def test_sqlite_keeps_a_write_ahead_log_and_foreign_keys(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/new/folder/flagfive.db")
    with engine.connect() as connection:
        values = [
            connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
        ]
    engine.dispose()
    assert values == ["wal", 1, 30_000, 2]


def test_a_kind_of_database_that_is_not_supported_is_named_with_what_is_allowed() -> None:
    with pytest.raises(UnsupportedDatabase, match=r"mysql.*sqlite:///PATH"):
        open_engine("mysql://host/db")


def test_a_database_that_is_not_there_is_storage_unavailable_without_the_password() -> None:
    engine = open_engine("postgresql://ada:secret@127.0.0.1:1/none")
    with pytest.raises(StorageUnavailable) as raised, UnitOfWork(engine) as unit:
        unit.audit.head()
    assert "127.0.0.1:1" in str(raised.value)
    assert "secret" not in str(raised.value)


def test_a_reader_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/flagfive.db")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (x INTEGER)"))
    with UnitOfWork(engine) as writer:
        writer.session.execute(text("INSERT INTO t VALUES (1)"))
        with UnitOfWork(engine, reads_only=True) as reader:
            assert reader.session.execute(text("SELECT count(*) FROM t")).scalar_one() == 0
        writer.commit()
    engine.dispose()
