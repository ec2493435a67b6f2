"""Migrations go up and down, and end at the schema of the models."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect

from storage import SchemaOutdated, migrate
from storage.schema import METADATA


def test_models_and_migrations_describe_the_same_tables(engine: Engine) -> None:
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_upgrade_after_downgrade_gives_the_same_tables_again(engine: Engine) -> None:
    before = sorted(inspect(engine).get_table_names())
    migrate.downgrade(engine)
    assert inspect(engine).get_table_names() == ["alembic_version"]
    migrate.upgrade(engine)
    assert sorted(inspect(engine).get_table_names()) == before


def test_each_migration_can_be_undone_alone(engine: Engine) -> None:
    while migrate.current(engine) is not None:
        migrate.downgrade(engine, "-1")
    assert inspect(engine).get_table_names() == ["alembic_version"]


def test_upgrade_twice_changes_nothing(engine: Engine) -> None:
    migrate.upgrade(engine)
    assert migrate.current(engine) == migrate.newest()


def test_tables_that_are_not_there_are_reported_with_both_revisions(empty_engine: Engine) -> None:
    with pytest.raises(SchemaOutdated, match=f"none, this program needs {migrate.newest()}"):
        migrate.require_newest(empty_engine)
