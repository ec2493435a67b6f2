"""Errors of storage, named by cause."""


class StorageError(Exception):
    """Base of all errors of storage."""


class StorageUnavailable(StorageError):
    """The database cannot be reached or stays locked; a later try may succeed."""

    def __init__(self, database: str, cause: object) -> None:
        super().__init__(f"database {database} is not available: {cause}")


class SchemaOutdated(StorageError):
    """The tables are at another revision than this program needs."""

    def __init__(self, found: str | None, needed: str | None) -> None:
        super().__init__(
            f"the tables of the database are at revision {found or 'none'}, this program needs {needed}. "
            "To migrate, start `flagfive recorder` once or call storage.migrate.upgrade(engine)"
        )


class UnsupportedDatabase(StorageError):
    """The database URL names a kind of database that is not supported."""

    def __init__(self, url: str) -> None:
        super().__init__(f"database URL {url!r} is not supported: use sqlite:///PATH or postgresql://...")


class AuditLogBroken(StorageError):
    """The audit log was changed: the entry at `position` does not follow from the one before it."""

    def __init__(self, position: int, why: str) -> None:
        super().__init__(f"the audit log is broken at entry {position}: {why}")
        self.position = position
