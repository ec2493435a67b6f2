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
            "To migrate, run `flagfive database migrate` as the role that owns the tables"
        )


class UnsupportedDatabase(StorageError):
    """The database URL names a kind of database that is not supported."""

    def __init__(self, url: str) -> None:
        super().__init__(f"database URL {url!r} is not supported: use sqlite:///PATH or postgresql://...")


class UnusableAuditKey(StorageError):
    """A key of the audit log is too short."""

    def __init__(self, characters: int, fewest: int) -> None:
        super().__init__(
            f"a key of the audit log has {characters} characters: allowed are secrets of at least {fewest}, "
            "separated by commas, in FLAGFIVE_STORAGE__AUDIT_KEY"
        )


class AuditKeyMissing(StorageError):
    """The audit log is keyed, and this process has no key."""

    def __init__(self, key_id: str) -> None:
        super().__init__(
            f"the audit log is sealed with key {key_id}, and this process has no audit key: set "
            "FLAGFIVE_STORAGE__AUDIT_KEY"
        )


class AuditLogBroken(StorageError):
    """The audit log was changed: the entry at `position` does not follow from the one before it."""

    def __init__(self, position: int, why: str) -> None:
        super().__init__(f"the audit log is broken at entry {position}: {why}")
        self.position = position
