"""The roles of a PostgreSQL database: the processes' role cannot touch the past of the audit log."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import ProgrammingError

from storage import UnitOfWork, migrate, open_engine
from storage.audit_keys import AuditKeys
from storage.entity_index import index_entities
from storage.errors import SchemaOutdated
from storage.postgresql_roles import MIGRATIONS, READER, SECRETS, WRITER, roles_sql
from storage.users import User

Connect = Callable[[str], Engine]
KEYS = AuditKeys.read("a secret of enough length")


@pytest.fixture
def as_role(postgresql_url: str) -> Iterator[Connect]:
    """Set the roles up as the owner of the database would; return a function that connects as one."""
    owner = open_engine(postgresql_url)
    with owner.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    migrate.upgrade(owner)
    index_entities(owner, ["card"])
    for _ in range(2):  # running it again changes nothing
        with owner.begin() as connection:
            connection.exec_driver_sql(roles_sql().replace("%", "%%"))  # no parameters
    engines = [owner]

    def connect(role: str) -> Engine:
        there = make_url(postgresql_url).set(username=role)
        engines.append(open_engine(there.render_as_string(hide_password=False), KEYS))
        return engines[-1]

    yield connect
    for engine in engines:
        engine.dispose()


def is_refused(engine: Engine, statement: str) -> bool:
    with pytest.raises(ProgrammingError) as refused, engine.begin() as connection:
        connection.execute(text(statement))
    return getattr(refused.value.orig, "sqlstate", "") == "42501"


def append(engine: Engine) -> int:
    with UnitOfWork(engine) as unit:
        position = unit.audit.append("ada", "flag", subject="x", time=1.0).position
        unit.commit()
    return position


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TRIGGER audit_log_append_only ON audit_log",
        "ALTER TABLE audit_log DISABLE TRIGGER ALL",
        "DROP TABLE audit_log",
        "ALTER TABLE audit_log ADD COLUMN x int",
        "CREATE OR REPLACE FUNCTION audit_log_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RETURN NULL; END $$",
        "UPDATE audit_log SET actor = 'eve'",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        "UPDATE alembic_version SET version_num = 'x'",
        "SET ROLE flagfive_migrations",
        "CREATE TABLE public.another (x int)",
    ],
)
def test_the_processes_role_can_neither_change_the_audit_log_nor_drop_its_triggers(
    as_role: Connect, statement: str
) -> None:
    writer = as_role(WRITER)
    append(writer)
    assert is_refused(writer, statement)


def test_the_processes_role_does_all_that_processes_do(as_role: Connect) -> None:
    writer = as_role(WRITER)
    migrate.upgrade(writer)  # nothing is left to do
    index_entities(writer, ["card"])
    assert [append(writer) for _ in range(2)] == [1, 2]
    with UnitOfWork(writer) as unit:
        user = unit.users.add(User(name="ada", role="lead", created_at=0.0))
        unit.session.delete(user)
        unit.commit()


def test_a_process_of_a_new_release_says_who_must_migrate(as_role: Connect) -> None:
    owner = as_role(MIGRATIONS)
    migrate.downgrade(owner, "-1")
    with pytest.raises(SchemaOutdated, match="flagfive database migrate"):
        migrate.upgrade(as_role(WRITER))
    migrate.upgrade(owner)
    migrate.require_newest(as_role(WRITER))


def test_tables_of_a_later_release_have_the_same_rights(as_role: Connect) -> None:
    owner = as_role(MIGRATIONS)
    migrate.downgrade(owner, "base")
    migrate.upgrade(owner)
    with owner.begin() as connection:
        connection.execute(text("CREATE TABLE later (x int)"))
    with as_role(WRITER).begin() as connection:
        connection.execute(text("INSERT INTO later VALUES (1)"))


def test_a_reader_reads_all_but_who_signs_in_and_how(as_role: Connect) -> None:
    reader = as_role(READER)
    with reader.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM alerts")).scalar() == 0
        assert connection.execute(text("SELECT count(*) FROM audit_log")).scalar() == 0
    assert all(is_refused(reader, f"SELECT * FROM {table}") for table in SECRETS)
    assert is_refused(reader, "INSERT INTO notes DEFAULT VALUES")


def test_a_schema_that_is_no_plain_name_is_refused() -> None:
    with pytest.raises(ValueError, match="letters, digits"):
        roles_sql("public; DROP TABLE alerts")
