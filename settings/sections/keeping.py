"""Settings of storage: the database, and how long rows are kept."""

from pydantic import Field, SecretStr

from settings.sections.section import Section


class StorageSettings(Section):
    """The SQL database of the recorder, the console and the adaptation worker."""

    url: str = Field(
        "sqlite:///flagfive.sqlite",
        repr=False,  # may hold a password
        pattern=r"^(sqlite|postgresql(\+psycopg)?)://",
        description="sqlite:///PATH or postgresql://USER:PASSWORD@HOST/DATABASE",
    )
    audit_key: SecretStr | None = Field(
        None,
        min_length=16,
        description="secrets of at least 16 characters, separated by commas, that seal the audit log: the "
        "first one seals, all verify; only from FLAGFIVE_STORAGE__AUDIT_KEY. Without it, SQLite gets a "
        "secret in var/secrets, and PostgreSQL plain hashes",
    )
    transactions_days: float = Field(
        0.0,
        ge=0,
        le=36500,
        description="days of event time that transactions are kept, 0 to 36500; 0 keeps all",
    )
    alerts_days: float = Field(
        0.0, ge=0, le=36500, description="days of event time that alerts are kept, 0 to 36500; 0 keeps all"
    )
    labels_days: float = Field(
        0.0, ge=0, le=36500, description="days that labels are kept, 0 to 36500; 0 keeps all"
    )
    cases_days: float = Field(
        0.0,
        ge=0,
        le=36500,
        description="days that notes, and closed cases with their links, are kept, 0 to 36500; 0 keeps all",
    )
