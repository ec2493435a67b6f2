"""Migrates the tables to the revision that this program needs, and back."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from storage.errors import SchemaOutdated

MIGRATIONS = Path(__file__).parent / "migrations"
MAY_NOT = "42501"
"""PostgreSQL's code for a right that the role lacks."""
# Processes that start together migrate one after the other. The number is arbitrary and used only here.
ADVISORY_LOCK = 5_515_253


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Create or alter the tables up to a revision.

    Does nothing if the tables are at the newest revision.

    Args:
        engine: the database.
        revision: id of the revision; `head` is the newest.

    Raises:
        SchemaOutdated: they are not, and the role may not alter tables.
    """
    if current(engine) != newest():
        _run(engine, command.upgrade, revision)


def downgrade(engine: Engine, revision: str = "base") -> None:
    """Undo migrations down to a revision.

    Args:
        engine: the database.
        revision: id of the revision; `base` drops every table with its rows.
    """
    _run(engine, command.downgrade, revision)


def current(engine: Engine) -> str | None:
    """Return the revision of the tables; None if there are none."""
    with engine.execution_options(reads_only=True).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str | None:
    """Return the revision that this program needs."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def require_newest(engine: Engine) -> None:
    """Check that the tables are at the newest revision.

    Args:
        engine: the database.

    Raises:
        SchemaOutdated: they are at another revision.
    """
    if (found := current(engine)) != newest():
        raise SchemaOutdated(found, newest())


def _run(engine: Engine, direction: Callable[[Config, str], None], revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ADVISORY_LOCK})
        config.attributes["connection"] = connection
        try:
            direction(config, revision)
        except ProgrammingError as error:
            if getattr(error.orig, "sqlstate", "") != MAY_NOT:
                raise
            raise SchemaOutdated(current(engine), newest()) from error
