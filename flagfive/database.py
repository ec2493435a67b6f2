"""Opens the database of the settings, with the keys of its audit log."""

import time
from typing import TYPE_CHECKING

from flagfive.errors import WrongSettings
from flagfive.own_secrets import own_secret

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from settings import Settings
    from storage.audit_keys import AuditKeys
    from storage.history_location import HistoryLocation


def open_database(settings: "Settings") -> "Engine":
    """Return an engine for a process that may write to the audit log, or verifies it.

    Args:
        settings: the settings.

    Returns:
        The engine; it connects on first use.

    Raises:
        WrongSettings: a key of the audit log is too short.
    """
    from storage import open_engine

    return open_engine(settings.storage.url, audit_keys(settings), history_of(settings))


def open_for_reading(settings: "Settings") -> "Engine":
    """Return an engine for questions; it cannot append to the audit log.

    Args:
        settings: the settings.
    """
    from storage import open_engine

    return open_engine(settings.storage.url, history=history_of(settings))


def history_of(settings: "Settings") -> "HistoryLocation | None":
    """Return where the history store is; None without one."""
    from storage.history_location import HistoryLocation

    at = settings.history
    return HistoryLocation(at.location, at.catalog, at.sql_hours) if at.location else None


def migrate_and_seal(engine: "Engine") -> None:
    """Bring the tables up to date, and note in the audit log which key seals it from now on.

    Raises:
        SchemaOutdated: the tables are at an older revision, and the role of this process may not alter them.
    """
    from storage import UnitOfWork, migrate

    migrate.upgrade(engine)
    with UnitOfWork(engine) as unit:
        unit.audit.begin_key(time=time.time())
        unit.commit()


def audit_keys(settings: "Settings") -> "AuditKeys | None":
    """Return the keys of the audit log.

    A SQLite database and its processes are on one machine, so they share a secret that flagfive makes for
    itself. Processes on a PostgreSQL database may be anywhere, and a secret of one machine would be unknown
    on the next.

    Returns:
        The keys of the settings; without them, one of its own on SQLite, None on PostgreSQL.

    Raises:
        WrongSettings: a key is too short.
    """
    from storage.audit_keys import AuditKeys
    from storage.errors import UnusableAuditKey

    given = settings.storage.audit_key
    if given is None and not settings.storage.url.startswith("sqlite"):
        return None
    try:
        return AuditKeys.read(own_secret(settings, "audit", given).decode())
    except UnusableAuditKey as error:
        raise WrongSettings(str(error)) from None
