"""Errors of storage, named by cause."""


class StorageError(Exception):
    """Something that storage was asked to do cannot be done."""


class StorageUnavailable(StorageError):
    """The database cannot be reached or stays locked; trying again later may help."""

    def __init__(self, database: str, cause: object) -> None:
        super().__init__(f"database {database} is not available: {cause}")


class SchemaOutdated(StorageError):
    """The tables stand at another revision than this program needs."""

    def __init__(self, found: str | None, needed: str | None) -> None:
        super().__init__(
            f"the database's tables stand at revision {found or 'none'}, this program needs {needed}: "
            "run `flagfive recorder` once, which migrates, or storage.migrate.upgrade(engine)"
        )


class UnsupportedDatabase(StorageError):
    """The database URL names a kind of database that is not supported."""

    def __init__(self, url: str) -> None:
        super().__init__(f"database URL {url!r}: allowed are sqlite:///PATH and postgresql://...")


class AuditLogBroken(StorageError):
    """An entry of the audit log does not follow from the one before it."""

    def __init__(self, position: int, why: str) -> None:
        super().__init__(f"audit log is broken at entry {position}: {why}")
        self.position = position
