"""Settings of storage: the database, the history store, and how long rows are kept."""

from typing import Self

from pydantic import Field, SecretStr, model_validator

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


class HistorySettings(Section):
    """The history store: scored transactions as Parquet files in an Apache Iceberg table."""

    location: str = Field(
        "",
        pattern=r"^((s3|gs|abfss?)://\S+|[^:]*)$",
        description="folder, relative to var, or s3://, gs:// or abfss:// URL without credentials; empty for "
        "no history store",
    )
    catalog: str = Field(
        "",
        repr=False,  # may hold a password
        pattern=r"^((https?|sqlite|postgresql)://\S*)?$",
        description="https:// of an Iceberg REST catalogue, or postgresql:// of a database; empty for a file "
        "in the local folder",
    )
    days: float = Field(
        0.0, ge=0, le=36500, description="days of event time that are kept, 0 to 36500; 0 keeps all"
    )
    sql_hours: float = Field(
        48.0,
        ge=1,
        le=876000,
        description="hours of event time for which SQL keeps transactions without alert, label and episode "
        "that the history store holds, 1 to 876000; not below stream.repeat_hours with a decision API",
    )
    commit_s: float = Field(
        30.0, ge=0.1, le=3600, description="seconds of traffic in a commit at most, 0.1 to 3600"
    )

    @model_validator(mode="after")
    def _remote_has_a_catalog(self) -> Self:
        if "://" in self.location and not self.catalog:
            raise ValueError(
                f"location = {self.location} needs catalog: an Iceberg REST catalogue (https://...) or a "
                "database (postgresql://...)"
            )
        return self
